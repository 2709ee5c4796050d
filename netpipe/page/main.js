// The page: pictures come in by choice, drop or paste, and their answers go out.

import { dropped, named } from "./drop.js";
import { rename, unique } from "./formats.js";
import { Queue } from "./queue.js";
import { picture, Row, summary } from "./view.js";
import { zip } from "./zip.js";

const at = (id) => document.getElementById(id);

const rows = new Map(); // by job
const queue = new Queue(changed);
let selected = null; // the job that is shown before and after
let awaited = null; // the first of the newest jobs: it is shown when it is done

function add(files) {
	if (files.length === 0) return;
	const before = queue.jobs.length;
	queue.add(files);
	awaited = queue.jobs[before];
}

function changed(job) {
	if (!queue.jobs.includes(job)) return; // cleared
	if (!rows.has(job)) {
		const row = new Row(job, { select: () => select(job), act: () => act(job) });
		rows.set(job, row);
		at("rows").append(row.element);
	}
	rows.get(job).update();
	if (job.state === "done" && (job === awaited || !selected)) select(job);
	if (queue.locked) askForToken(job.problem?.words);
	showSummary();
}

function act(job) {
	if (job.state === "waiting" || job.state === "sending") queue.cancel(job);
	else queue.retry(job);
}

const having = (state) => queue.jobs.filter((job) => job.state === state);

function showSummary() {
	const text = summary(queue.jobs);
	if (at("status").textContent !== text) at("status").textContent = text;
	at("again").hidden = having("failed").length < 2;
	at("save-all").hidden = having("done").length < 2;
	at("clear").hidden = queue.jobs.length === 0;
}

async function select(job) {
	selected = job;
	awaited = job === awaited ? null : awaited;
	rows.forEach((row, other) => row.setSelected(other === job));
	const { before, after } = rows.get(job).urls;
	const pictures = await Promise.all([picture(before, job.file, `${job.name}, before`), picture(after, job.answer, `${job.name}, after`)]);
	if (selected !== job) return; // another one has been selected meanwhile
	["before", "after"].forEach((id, i) => {
		at(id).replaceChildren(pictures[i].shown);
		at(`${id}-facts`).textContent = pictures[i].words;
	});
	at("pictures").hidden = false;
}

at("again").onclick = () => having("failed").forEach((job) => queue.retry(job));

at("clear").onclick = () => {
	queue.clear();
	rows.forEach((row) => row.remove());
	rows.clear();
	selected = awaited = null;
	at("pictures").hidden = true;
	showSummary();
	at("file").focus();
};

at("save-all").onclick = async () => {
	const done = having("done");
	const names = unique(done.map((job) => rename(job.name, job.kind.format)));
	at("save-all").disabled = true;
	try {
		const archive = await zip(done.map((job, i) => ({ name: names[i], blob: job.answer, modified: new Date() })));
		const url = URL.createObjectURL(archive);
		Object.assign(document.createElement("a"), { href: url, download: "pictures.zip" }).click();
		setTimeout(() => URL.revokeObjectURL(url), 60_000); // when the browser has begun to save it
	} catch (error) {
		at("status").textContent = `Not saved: ${error.message}. Save the pictures one by one.`;
	}
	at("save-all").disabled = false;
};

// The token is kept as long as the tab is open.

const tokenKey = `token of ${new URL(".", location.href)}`; // other servers may be below other paths

function askForToken(problem) {
	at("shows").hidden = false;
	if (!queue.token && problem) problem = ""; // it is asked for the first time
	at("ask-hint").textContent = problem || "It is kept until this tab is closed.";
	if (!at("ask").hidden) return;
	at("ask").hidden = false;
	at("token").value = "";
	at("token").focus();
}

at("ask").onsubmit = (event) => {
	event.preventDefault();
	const token = at("token").value.trim();
	if (!/^[\x21-\x7e]+$/.test(token)) {
		at("ask-hint").textContent = "A token has no spaces, and no letters but those of English.";
		return;
	}
	at("ask").hidden = true;
	sessionStorage.setItem(tokenKey, token);
	queue.unlock(token);
	at("file").focus();
};

async function readAbout() {
	const about = await fetch("about").then((answer) => answer.json());
	queue.most = about.maxInput;
	at("does").textContent = about.does + (about.next ? " → the next server" : "");
	document.title = `${about.does} – netpipe`;
	const kept = sessionStorage.getItem(tokenKey);
	if (about.token && !kept) {
		queue.lock();
		askForToken();
	} else if (about.token) {
		at("shows").hidden = false;
		queue.token = kept;
	}
}

// Pictures come in.

for (const input of [at("file"), at("camera")]) {
	input.addEventListener("change", () => {
		add(named(input.files));
		input.value = ""; // so that the same ones can be chosen again
	});
}

// A drop counts wherever it falls: a browser would open the picture instead.
addEventListener("dragover", (event) => {
	event.preventDefault();
	at("drop").classList.add("over");
});
addEventListener("dragleave", (event) => {
	if (!event.relatedTarget) at("drop").classList.remove("over");
});
addEventListener("drop", (event) => {
	event.preventDefault();
	at("drop").classList.remove("over");
	dropped(event.dataTransfer).then(add);
});
addEventListener("paste", (event) => {
	add(named(event.clipboardData.files));
});

const here = new URL("./" + location.search, location.href);
at("here").textContent = here.search ? `'${here}'` : here;
await readAbout().catch(() => {}); // the server is gone: the first picture will tell
document.documentElement.dataset.ready = "";
