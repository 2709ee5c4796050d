"use strict";

const at = (id) => document.getElementById(id);

let latest = 0; // the number of the picture that is shown, or on its way
let urls = [];

at("here").textContent = location.origin;

const size = (n) =>
	n < 1000 ? `${n} B` : n < 1e6 ? `${(n / 1e3).toFixed(n < 1e4 ? 1 : 0)} kB` : `${(n / 1e6).toFixed(n < 1e7 ? 1 : 0)} MB`;

const time = (ms) => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`);

function say(text, bad) {
	at("status").textContent = text;
	at("status").className = bad ? "bad" : "";
}

// show shows a picture and its size; one that a browser can't show is told by its bytes.
async function show(id, blob, more) {
	const url = URL.createObjectURL(blob);
	urls.push(url);
	const img = at(id);
	img.src = url;
	let pixels = "";
	try {
		await img.decode();
		pixels = `${img.naturalWidth} × ${img.naturalHeight}, `;
		img.hidden = false;
	} catch {
		img.hidden = true;
	}
	at(`${id}-facts`).textContent = pixels + size(blob.size) + more;
	return url;
}

async function send(file) {
	const mine = ++latest;
	urls.forEach(URL.revokeObjectURL);
	urls = [];
	at("pictures").hidden = true;
	at("pictures").setAttribute("aria-busy", "true");
	say(`${file.name}: under way …`);
	const begun = performance.now();
	try {
		const answer = await fetch("/", { method: "POST", body: file, headers: { "Content-Type": "application/octet-stream" } });
		const blob = await answer.blob(); // fails if it doesn't come whole
		const took = performance.now() - begun;
		if (mine !== latest) return;
		if (!answer.ok) {
			say(`${answer.status}: ${(await blob.text()).trim()}`, true);
			return;
		}
		await show("before", file, "");
		const url = await show("after", blob, `, ${time(took)}`);
		at("save").href = url;
		at("save").download = file.name;
		at("pictures").hidden = false;
		say(`${file.name}: done in ${time(took)}.`);
	} catch (error) {
		if (mine === latest) say(`No whole answer came: ${error.message}`, true);
	} finally {
		at("pictures").removeAttribute("aria-busy");
	}
}

const first = (files) => { if (files.length > 0) send(files[0]); };

at("file").addEventListener("change", () => {
	first(at("file").files);
	at("file").value = ""; // so that the same one can be chosen again
});

// A drop counts wherever it falls: to miss the frame shouldn't open the picture instead.
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
	first(event.dataTransfer.files);
});
addEventListener("paste", (event) => first(event.clipboardData.files));
