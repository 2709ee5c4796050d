// One picture's way to the server and back.

import { broken, explain, foreign, unreadable } from "./words.js";

// A Failure is why there is no answer: problem has words for people, status is that of
// HTTP, 0 without one.
export class Failure extends Error {
	constructor(problem, status = 0) {
		super(problem.words);
		this.problem = problem;
		this.status = status;
	}
}

// send posts a file and returns the answer as a blob, if it is whole. It calls progress
// with the part of the file that has been sent, up to 1. A signal stops it, with an
// AbortError; any other error is a Failure.
//
// fetch would not tell how much has been sent.
export async function send(file, { token, progress, signal }) {
	try {
		await file.slice(0, 1).arrayBuffer();
	} catch {
		throw new Failure(unreadable);
	}
	const request = new XMLHttpRequest();
	const stop = () => request.abort();
	try {
		signal.throwIfAborted();
		signal.addEventListener("abort", stop);
		await new Promise((resolve, reject) => {
			request.open("POST", "./" + location.search); // which may have parameters of the filter
			request.responseType = "blob";
			request.setRequestHeader("Content-Type", "application/octet-stream");
			if (token) request.setRequestHeader("Authorization", `Bearer ${token}`);
			request.upload.onprogress = (event) => progress(event.loaded / event.total);
			request.upload.onload = () => progress(1);
			request.onload = resolve;
			request.onerror = () => reject(new Failure(broken));
			request.onabort = () => reject(signal.reason);
			request.send(file);
		});
	} finally {
		signal.removeEventListener("abort", stop);
	}
	const type = request.getResponseHeader("Content-Type") ?? "";
	const answer = request.response;
	if (!isWhole(request)) throw new Failure(broken);
	if (request.status !== 200) throw new Failure(explain(request.status, type, await answer.text()), request.status);
	if (type.startsWith("text/html")) throw new Failure(foreign);
	return answer;
}

// isWhole reports whether an answer has the length that it announces. Browsers report most
// answers that break off as errors, but not each browser does, and none does where an answer
// has neither a length nor chunks. Without TLS there are no other means than these.
function isWhole(request) {
	const has = (name) => request.getResponseHeader(name) !== null;
	if (!request.response) return false;
	if (has("Content-Length")) return has("Content-Encoding") || Number(request.getResponseHeader("Content-Length")) === request.response.size;
	return has("Transfer-Encoding") || location.protocol === "https:";
}
