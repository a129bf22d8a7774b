// The way that suggests itself in Node.js: chokidar tells that a file changed, the handler reads it, yaml
// parses it, fast-json-patch compares it with what was there, and the backup's document is patched,
// printed and written. It is a kind one: the document is kept parsed, so that comments stay. Nothing is
// synced or checked. Arguments: the primary's folder, the backup's, pairs as JSON.
import { readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { watch } from 'chokidar';
import jsonPatch from 'fast-json-patch';
import { parse, parseDocument } from 'yaml';

const [primary, backup, pairs] = process.argv.slice(2);
const counterparts = new Map(JSON.parse(pairs));
const escaped = [...counterparts.keys()].map(name => name.replace(/[.]/g, '\\.'));
const names = new RegExp(`(?<![\\w-])(?:${escaped.join('|')})(?![\\w-])`, 'g');

/** By file: what it held last, and the backup's document. */
const known = new Map();

async function replicate(path) {
  const text = (await readFile(path, 'utf8')).replace(names, name => counterparts.get(name));
  const value = parse(text);
  const before = known.get(path);
  const document = before?.document ?? parseDocument(text);
  for (const { op, path: pointer, value: to } of jsonPatch.compare(before?.value ?? value, value)) {
    const at = pointer.split('/').slice(1);
    const keys = at.map(key =>
      /^\d+$/.test(key) ? Number(key) : key.replaceAll('~1', '/').replaceAll('~0', '~'),
    );
    if (op === 'remove') document.deleteIn(keys);
    else document.setIn(keys, to);
  }
  known.set(path, { value, document });
  await writeFile(join(backup, basename(path)), document.toString({ lineWidth: 0 }));
}

const said = path => replicate(path).catch(error => process.stderr.write(`${error.message}\n`));
watch(primary, { ignored: path => basename(path).startsWith('.') })
  .on('add', said)
  .on('change', said)
  .on('ready', () => process.stdout.write('ready\n'));
