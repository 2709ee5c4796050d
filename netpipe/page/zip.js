// A ZIP archive of files that are stored as they are: pictures are compressed already
// (APPNOTE.TXT, version 6.3.10, sections 4.3 and 4.4).

const mostBytes = 0xffffffff; // more needs ZIP64
const mostFiles = 0xffff;
const utf8Names = 0x0800; // general purpose bit 11
const version = 20; // 2.0

// zip returns a blob with the archive of files: [{name, blob, modified}]. The contents stay
// where the browser keeps them. It throws a RangeError if they are too many or too large.
export async function zip(files) {
	const total = files.reduce((sum, file) => sum + file.blob.size + 2 * file.name.length * 3 + 200, 0);
	if (total > mostBytes || files.length > mostFiles) throw new RangeError("more than a ZIP file can hold");
	const parts = [];
	const directory = [];
	let offset = 0;
	for (const file of files) {
		const name = new TextEncoder().encode(file.name);
		const about = [
			[2, version], [2, utf8Names], [2, 0], ...dosTime(file.modified),
			[4, await crc32(file.blob)], [4, file.blob.size], [4, file.blob.size], [2, name.length], [2, 0],
		];
		const local = record(0x04034b50, about);
		parts.push(local, name, file.blob);
		directory.push(record(0x02014b50, [[2, version], ...about, [2, 0], [2, 0], [2, 0], [4, 0], [4, offset]]), name);
		offset += local.length + name.length + file.blob.size;
	}
	const size = directory.reduce((sum, part) => sum + part.length, 0);
	const end = record(0x06054b50, [[2, 0], [2, 0], [2, files.length], [2, files.length], [4, size], [4, offset], [2, 0]]);
	return new Blob([...parts, ...directory, end], { type: "application/zip" });
}

// record returns the bytes of a signature and of fields, [size, value] each, little-endian.
function record(signature, fields) {
	const bytes = [];
	for (const [size, value] of [[4, signature], ...fields]) {
		for (let i = 0; i < size; i++) bytes.push((value >>> (8 * i)) & 0xff);
	}
	return new Uint8Array(bytes);
}

// dosTime returns the fields of the time and the date: local, in steps of 2 s, from 1980 on.
function dosTime(date) {
	const year = Math.min(Math.max(date.getFullYear() - 1980, 0), 127);
	return [
		[2, (date.getHours() << 11) | (date.getMinutes() << 5) | (date.getSeconds() >> 1)],
		[2, (year << 9) | ((date.getMonth() + 1) << 5) | date.getDate()],
	];
}

const crcTable = Uint32Array.from({ length: 256 }, (_, n) => {
	for (let bit = 0; bit < 8; bit++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
	return n;
});

// crc32 returns the CRC-32 of a blob, which it reads piece by piece.
async function crc32(blob) {
	let crc = 0xffffffff;
	const reader = blob.stream().getReader();
	for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
		for (const byte of piece.value) crc = crcTable[(crc ^ byte) & 0xff] ^ (crc >>> 8);
	}
	return (crc ^ 0xffffffff) >>> 0;
}
