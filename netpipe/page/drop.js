// What a drop brings: files, and the pictures of folders.

import { identify } from "./formats.js";

// dropped returns the files of a drop, [{file, name}]. The name of one from a folder has
// the folder before it. In folders only pictures count. The browser forgets the drop when
// its event is over, so that all is asked for at once.
export function dropped(transfer) {
	const files = [...transfer.files];
	const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
	if (!entries.some((entry) => entry.isDirectory)) return Promise.resolve(named(files));
	const found = Promise.all(entries.map((entry) => (entry.isDirectory ? walk(entry) : read(entry))));
	return found.then((all) => all.flat()).catch(() => named(files)); // of which the folders cannot be read
}

// named returns files with their own names.
export const named = (files) => [...files].map((file) => ({ file, name: file.name }));

// read returns a file of a folder, or of the drop.
async function read(entry) {
	const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
	return [{ file, name: entry.fullPath.slice(1) }];
}

// walk returns the pictures of a folder and those below it, in the order of their names.
async function walk(folder) {
	const reader = folder.createReader();
	const entries = [];
	for (let some = [null]; some.length > 0; entries.push(...some)) { // a browser hands out 100 at once
		some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
	}
	entries.sort((a, b) => (a.name < b.name ? -1 : 1));
	const found = [];
	for (const entry of entries) {
		if (entry.isDirectory) found.push(...(await walk(entry)));
		else found.push(...(await pictures(await read(entry))));
	}
	return found;
}

async function pictures(files) {
	const kinds = await Promise.all(files.map(({ file }) => identify(file).catch(() => ({}))));
	return files.filter((_, i) => kinds[i].format);
}
