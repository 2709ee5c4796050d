// A peer for benchmarks: a server that makes pictures gray and half as wide and high, in
// process with sharp, over HTTP. It prints its port on stdout.
//
//	node sharp.mjs QUALITY
import http from 'node:http';
import sharp from 'sharp';

const quality = Number(process.argv[2]);
sharp.cache(false); // every picture is new

async function work(chunks) {
  const input = sharp(Buffer.concat(chunks));
  const { width, height } = await input.metadata();
  return input
    .grayscale()
    .toColourspace('b-w') // one channel
    .resize(Math.ceil(width / 2), Math.ceil(height / 2), { fit: 'fill' })
    .jpeg({ quality })
    .toBuffer();
}

async function answer(request, response) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  try {
    const result = await work(chunks);
    response.writeHead(200, { 'Content-Type': 'image/jpeg', 'Content-Length': result.length });
    response.end(result);
  } catch (error) {
    response.writeHead(422);
    response.end(`${error.message}\n`);
  }
}

const server = http.createServer(answer);
server.listen({ host: '127.0.0.1', port: 0, backlog: 1024 }, () => console.log(server.address().port));
