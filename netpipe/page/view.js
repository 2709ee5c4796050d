// What is seen of a picture: its row, and itself before and after.

import { identify, rename } from "./formats.js";
import { bytes, count, pixels, time } from "./words.js";

// element returns a new HTML element with properties and children.
function element(name, properties, ...children) {
	const made = Object.assign(document.createElement(name), properties);
	made.append(...children);
	return made;
}

// facts returns what is known, in one line.
const facts = (...all) => all.filter(Boolean).join(", ");

// A Row shows a job in a list. select is called when the picture is to be shown, act to
// cancel the job or to try it again.
export class Row {
	constructor(job, { select, act }) {
		const { name } = job;
		this.job = job;
		this.urls = { before: URL.createObjectURL(job.file) };
		this.thumb = element("button", { className: "thumb", disabled: true, onclick: select, ariaLabel: `Show ${name}, before and after`, ariaPressed: "false" });
		this.progress = element("progress", { max: 1, ariaLabel: `How much of ${name} is sent` });
		this.state = element("p", { className: "state" });
		this.detail = element("p", { className: "detail", hidden: true });
		this.act = element("button", { className: "button plain", onclick: act });
		this.save = element("a", { className: "button plain", hidden: true, textContent: "Save", ariaLabel: `Save ${name}` });
		this.element = element("li", {}, this.thumb,
			element("div", { className: "what" }, element("p", { className: "name", textContent: name }), this.state, this.detail, this.progress),
			element("div", { className: "actions" }, this.act, this.save));
		this.#setThumb(this.urls.before, job.file);
		this.update();
	}

	// update shows the job's state.
	update() {
		const { state, part, problem } = this.job;
		this.element.className = state;
		this.progress.hidden = state !== "sending";
		if (part < 1) this.progress.value = part;
		else this.progress.removeAttribute("value"); // as long as it takes
		this.detail.hidden = !problem?.detail;
		this.detail.textContent = problem?.detail ?? "";
		this.state.textContent = this.#words();
		this.#setAction({ waiting: "Cancel", sending: "Cancel", failed: "Try again", cancelled: "Try again" }[state]);
		if (state === "done" && !this.urls.after) this.#showAnswer();
	}

	#words() {
		const { state, part, problem, file } = this.job;
		switch (state) {
			case "waiting": return `${bytes(file.size)}, waiting`;
			case "sending": return part < 1 ? `Sending, ${Math.floor(100 * part)} %` : "Sent, the filter is at work";
			case "failed": return problem.words;
			case "cancelled": return "Cancelled";
		}
		const { answer, kind, took } = this.job;
		return facts(`${bytes(file.size)} → ${bytes(answer.size)}`, pixels(kind.width, kind.height), time(took));
	}

	// #setAction keeps the focus within the row.
	#setAction(words) {
		const hadFocus = document.activeElement === this.act;
		this.act.hidden = !words;
		this.save.hidden = this.job.state !== "done";
		if (words) {
			this.act.textContent = words;
			this.act.ariaLabel = `${words}: ${this.job.name}`;
		} else if (hadFocus) {
			this.save.focus();
		}
	}

	#showAnswer() {
		const { answer, name, kind } = this.job;
		this.urls.after = URL.createObjectURL(answer);
		this.save.href = this.urls.after;
		this.save.download = rename(name.split("/").pop(), kind.format);
		this.thumb.disabled = false;
		this.#setThumb(this.urls.after, answer);
	}

	// #setThumb shows a small picture, or the name of a format that the browser cannot show.
	#setThumb(url, blob) {
		const img = element("img", { alt: "", decoding: "async", loading: "lazy", src: url });
		img.onload = () => {
			if (blob !== this.job.answer) return;
			this.job.kind.width ??= img.naturalWidth;
			this.job.kind.height ??= img.naturalHeight;
			this.update();
		};
		img.onerror = async () => {
			const { format } = await identify(blob).catch(() => ({}));
			if (this.thumb.contains(img)) this.thumb.replaceChildren(format ?? "?");
		};
		this.thumb.replaceChildren(img);
	}

	setSelected(is) {
		this.thumb.ariaPressed = String(is);
	}

	remove() {
		Object.values(this.urls).forEach((url) => URL.revokeObjectURL(url));
		this.element.remove();
	}
}

// picture returns an element that shows a picture, and its facts in one line. One that the
// browser cannot show is a card.
export async function picture(url, blob, alt) {
	const img = element("img", { alt, src: url });
	const kind = await identify(blob);
	try {
		await img.decode();
		return { shown: img, words: facts(kind.format, pixels(img.naturalWidth, img.naturalHeight), bytes(blob.size)) };
	} catch {
		const size = pixels(kind.width, kind.height);
		const card = element("div", { className: "card" }, element("b", { textContent: kind.format ?? "Unknown format" }), element("span", { textContent: size }),
			element("span", { textContent: kind.format ? "This browser does not show it." : bytes(blob.size) }));
		return { shown: card, words: facts(kind.format, size, bytes(blob.size)) };
	}
}

// summary returns what has become of all jobs, in one line.
export function summary(jobs) {
	const of = (state) => jobs.filter((job) => job.state === state).length;
	if (jobs.length === 0) return "";
	const begin = of("done") === jobs.length ? `${count(jobs.length, "picture")} done` : `${of("done")} of ${count(jobs.length, "picture")} done`;
	return facts(begin, of("failed") > 0 && `${of("failed")} failed`, of("cancelled") > 0 && `${of("cancelled")} cancelled`) + ".";
}
