// What to tell people: of failures, sizes and times.

const statuses = {
	400: "The server did not understand the request.",
	401: "The server does not know this token.",
	403: "The server does not let this page use it. Its operator can: netpipe -host names the page's address, -allow yours.",
	404: "There is no netpipe at this address. A proxy in front of it may hand on a wrong path.",
	405: "There is no netpipe at this address. A proxy in front of it may hand on a wrong path.",
	408: "The picture came too slowly. Is the connection bad?",
	413: "The picture is larger than the server takes.",
	415: "The server does not take the picture in this form.",
	422: "The filter cannot read this file as a picture.",
	429: "You have too many pictures under way at once. Try again in a moment.",
	431: "The browser's request is too long for the server. Do old cookies make it so?",
	500: "The filter failed. Try again; if that does not help, the picture may be too large for it.",
	502: "The next server failed, or is not there.",
	503: "The server is busy, or about to stop. Try again in a moment.",
	504: "The picture took too long.",
	505: "A proxy in front of the server speaks a version of HTTP that is too old.",
	508: "The servers hand the picture round in a circle. Their operator has to change that.",
};

// explain returns what a status means. What the server says beside it is for those who
// know more: a proxy's page is not.
export function explain(status, type, text) {
	const words = statuses[status] ?? `The server said ${status}, which this page does not know.`;
	return { words, detail: type.startsWith("text/plain") ? text.trim() : "" };
}

export const broken = {
	words: "The connection broke before the whole answer came. Nothing of it is shown or saved.",
	detail: "",
};

export const unreadable = { words: "The browser cannot read this file. Is it a folder, or has it changed?", detail: "" };

export const foreign = { words: "Something other than the filter has answered, such as a page to sign in. Load this page again.", detail: "" };

export const tooLarge = (most) => ({ words: `The picture is larger than the server takes: ${bytes(most)} at most.`, detail: "" });

const space = "\u00a0"; // no line ends there

// bytes returns a size as people read it, with two digits or more.
export function bytes(n) {
	const [unit, name] = n < 1e3 ? [1, "B"] : n < 1e6 ? [1e3, "kB"] : n < 1e9 ? [1e6, "MB"] : [1e9, "GB"];
	return `${(n / unit).toFixed(unit > 1 && n < 10 * unit ? 1 : 0)}${space}${name}`;
}

export const time = (ms) => (ms < 1000 ? `${Math.round(ms)}${space}ms` : `${(ms / 1000).toFixed(1)}${space}s`);

// pixels returns the size of a picture; "" if it is not known.
export const pixels = (width, height) => (width && height ? [width, "×", height].join(space) : "");

// count returns a number of things: 1 picture, 2 pictures.
export const count = (n, thing) => `${n} ${thing}${n === 1 ? "" : "s"}`;
