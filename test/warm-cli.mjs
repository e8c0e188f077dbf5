// The built command line in a process that stays: node warm-cli.mjs MAIN. Each message is one command; main.js is
// evaluated anew for it, what it imports was loaded before. What a command prints is caught and sent back with its exit code.
import { pathToFileURL } from 'node:url';

const main = pathToFileURL(process.argv[2]).href;
const own = { ...process.env };
let runs = 0;

function caught(stream, into) {
  const write = stream.write;
  stream.write = (chunk, encoding, done) => {
    into.push(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString());
    const told = typeof encoding === 'function' ? encoding : done;
    if (told) process.nextTick(told);
    return true;
  };
  return () => {
    stream.write = write;
  };
}

let last = Promise.resolve();
process.on('message', (asked) => {
  last = last.then(() => run(asked));
});

async function run({ args, extra }) {
  const [stdout, stderr] = [[], []];
  const restored = [caught(process.stdout, stdout), caught(process.stderr, stderr)];
  Object.assign(process.env, extra);
  process.argv = [process.argv[0], process.argv[1], ...args];
  process.exitCode = undefined;
  runs += 1;
  await import(`${main}?run=${runs}`);
  for (const name of Object.keys(extra)) {
    if (name in own) process.env[name] = own[name];
    else delete process.env[name];
  }
  for (const restore of restored) restore();
  process.send({ code: process.exitCode ?? 0, stdout: stdout.join(''), stderr: stderr.join('') });
}
// whoever asked is gone
process.on('disconnect', () => process.exit(0));
