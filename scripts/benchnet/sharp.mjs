// A peer for benchmarks: gray and half the size in process, with sharp. It says
// on stdout where it listens.
//
//	node sharp.mjs http|raw QUALITY
import http from 'node:http';
import net from 'node:net';
import sharp from 'sharp';

const [kind, quality] = process.argv.slice(2);
sharp.cache(false); // of operations on other pictures

async function work(chunks) {
  const input = sharp(Buffer.concat(chunks));
  const { width, height } = await input.metadata();
  return input
    .grayscale()
    .resize(Math.ceil(width / 2), Math.ceil(height / 2), { fit: 'fill' })
    .jpeg({ quality: Number(quality) })
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

function connected(socket) {
  const chunks = [];
  socket.on('error', () => {});
  socket.on('data', (chunk) => chunks.push(chunk));
  socket.on('end', async () => {
    try {
      socket.end(await work(chunks));
    } catch {
      socket.resetAndDestroy();
    }
  });
}

const server = kind === 'http' ? http.createServer(answer) : net.createServer({ allowHalfOpen: true }, connected);
server.listen({ host: '127.0.0.1', port: 0, backlog: 1024 }, () => console.log(server.address().port));
