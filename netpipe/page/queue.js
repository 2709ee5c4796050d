// Pictures that are sent, a few at once, in the order in which they came.

import { identify } from "./formats.js";
import { Failure, send } from "./send.js";
import { tooLarge } from "./words.js";

const atOnce = 3;

// A Queue has jobs: {file, name, state, part, answer, kind, took, problem}. The states are waiting,
// sending (part of the file is on its way, 1: all of it), done (with the answer and its kind), failed
// (with the problem) and cancelled. changed is called with a job after each change.
export class Queue {
	constructor(changed) {
		this.changed = changed;
		this.jobs = [];
		this.most = 0; // bytes that the server takes; 0: no limit
		this.token = "";
		this.locked = false; // until there is a token
		this.running = 0;
	}

	// add takes files, [{file, name}].
	add(files) {
		for (const { file, name } of files) {
			const job = { file, name, state: "waiting", part: 0 };
			this.jobs.push(job);
			if (this.most > 0 && file.size > this.most) {
				this.#set(job, { state: "failed", problem: tooLarge(this.most) });
			} else {
				this.changed(job);
			}
		}
		this.#pump();
	}

	// lock has the queue wait for unlock.
	lock() {
		this.locked = true;
	}

	unlock(token) {
		this.token = token;
		this.locked = false;
		this.#pump();
	}

	cancel(job) {
		job.stop?.abort();
		if (job.state === "waiting") this.#set(job, { state: "cancelled" });
	}

	retry(job) {
		this.#set(job, { state: "waiting", part: 0, problem: undefined });
		this.#pump();
	}

	clear() {
		const all = this.jobs;
		this.jobs = [];
		all.forEach((job) => this.cancel(job));
	}

	#set(job, values) {
		Object.assign(job, values);
		this.changed(job);
	}

	#pump() {
		while (!this.locked && this.running < atOnce) {
			const next = this.jobs.find((job) => job.state === "waiting");
			if (!next) return;
			this.#run(next);
		}
	}

	async #run(job) {
		this.running++;
		const stop = new AbortController();
		const token = this.token;
		this.#set(job, { state: "sending", part: 0, stop });
		const begun = performance.now();
		try {
			const answer = await send(job.file, { token, signal: stop.signal, progress: (part) => this.#set(job, { part }) });
			const took = performance.now() - begun;
			this.#set(job, { state: "done", answer, kind: await identify(answer), took });
		} catch (error) {
			if (stop.signal.aborted) {
				this.#set(job, { state: "cancelled" });
			} else if (error.status === 401) {
				if (token === this.token) this.lock();
				this.#set(job, { state: "waiting", problem: error.problem });
			} else if (error instanceof Failure) {
				this.#set(job, { state: "failed", problem: error.problem });
			} else {
				this.#set(job, { state: "failed", problem: { words: "This page has a fault.", detail: String(error) } });
			}
		}
		this.running--;
		this.#pump();
	}
}
