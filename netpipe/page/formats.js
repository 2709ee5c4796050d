// The formats of pictures, as their bytes tell them: names, endings of file names, and
// sizes of those that browsers do not show.

const formats = {
	JPEG: ["jpg", "jpeg", "jpe", "jfif"],
	PNG: ["png", "apng"],
	GIF: ["gif"],
	WebP: ["webp"],
	BMP: ["bmp", "dib"],
	TIFF: ["tif", "tiff"],
	PNM: ["pnm", "pbm", "pgm", "ppm"],
	PAM: ["pam"],
	AVIF: ["avif"],
	HEIC: ["heic", "heif"],
	"JPEG XL": ["jxl"],
};

const magics = [
	["JPEG", /^\xff\xd8\xff/],
	["PNG", /^\x89PNG\r\n\x1a\n/],
	["GIF", /^GIF8[79]a/],
	["WebP", /^RIFF[^]{4}WEBP/],
	["BMP", /^BM[^]{4}\0\0\0\0/],
	["TIFF", /^(II[*+]\0|MM\0[*+])/],
	["PNM", /^P[1-6][\s#]/],
	["PAM", /^P7\n/],
	["AVIF", /^[^]{4}ftypavif/],
	["HEIC", /^[^]{4}ftypheic/],
	["JPEG XL", /^(\xff\n|\0\0\0\fJXL \r\n\x87\n)/],
];

// identify returns the format of a blob and, for formats that a browser may not show, its
// size in pixels: {format, width, height}. What is not known is undefined.
export async function identify(blob) {
	const head = new Uint8Array(await blob.slice(0, 4096).arrayBuffer());
	const text = Array.from(head, (byte) => String.fromCharCode(byte)).join("");
	const format = magics.find(([, magic]) => magic.test(text))?.[0];
	const sizes = { PNM: pnmSize, PAM: pamSize, TIFF: (_, blob) => tiffSize(blob), BMP: bmpSize };
	const [width, height] = (await sizes[format]?.(text, blob, head)) ?? [];
	return { format, width, height };
}

// pnmSize reads the header of PBM, PGM or PPM, in which comments may stand.
function pnmSize(text) {
	const found = /^P[1-6]\s+(\d+)\s+(\d+)\s/.exec(text.replace(/#[^\n\r]*/g, " "));
	return found?.slice(1).map(Number);
}

function pamSize(text) {
	const header = text.split("ENDHDR")[0];
	const value = (name) => Number(new RegExp(`^${name}\\s+(\\d+)`, "m").exec(header)?.[1]);
	return [value("WIDTH"), value("HEIGHT")].every(Boolean) ? [value("WIDTH"), value("HEIGHT")] : undefined;
}

function bmpSize(_text, _blob, head) {
	const view = new DataView(head.buffer);
	return view.byteLength < 26 ? undefined : [view.getInt32(18, true), Math.abs(view.getInt32(22, true))];
}

// tiffSize reads the first directory of a TIFF (TIFF 6.0, section 2), which may stand
// anywhere in the file. That of a BigTIFF is not read.
async function tiffSize(blob) {
	const at = async (offset, length) => new DataView(await blob.slice(offset, offset + length).arrayBuffer());
	try {
		const header = await at(0, 8);
		const little = header.getUint8(0) === 0x49;
		if (header.getUint16(2, little) !== 42) return undefined;
		const offset = header.getUint32(4, little);
		const entries = await at(offset + 2, 12 * (await at(offset, 2)).getUint16(0, little));
		const value = (tag) => {
			for (let i = 0; i + 12 <= entries.byteLength; i += 12) {
				if (entries.getUint16(i, little) !== tag) continue;
				const isShort = entries.getUint16(i + 2, little) === 3;
				return isShort ? entries.getUint16(i + 8, little) : entries.getUint32(i + 8, little);
			}
		};
		const size = [value(256), value(257)];
		return size.every(Boolean) ? size : undefined;
	} catch {
		return undefined; // the file ends before
	}
}

// rename returns the name for a file of a format that shall be called name: with an ending
// of the format, in place of that of another format.
export function rename(name, format) {
	if (!format) return name;
	const [, stem, ending] = /^(.+)\.([^./]*)$/.exec(name) ?? [, name, ""];
	const has = (endings) => endings.includes(ending.toLowerCase());
	if (has(formats[format])) return name;
	return (Object.values(formats).some(has) ? stem : name) + "." + formats[format][0];
}

// unique returns names of which no two are the same to any file system: a (2).jpg.
export function unique(names) {
	const taken = new Set();
	return names.map((name) => {
		const [, stem, ending] = /^(.+?)(\.[^./]*)?$/s.exec(name) ?? [, name, ""];
		let free = name;
		for (let n = 2; taken.has(key(free)); n++) free = `${stem} (${n})${ending ?? ""}`;
		taken.add(key(free));
		return free;
	});
}

const key = (name) => name.normalize("NFC").toLowerCase();
