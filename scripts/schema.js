// Writes warmspare.schema.json, which editors read, from the definition that also validates.
import { writeFileSync } from 'node:fs';
import { ensure } from './ensure.js';

ensure();
const { jsonSchema } = await import('../dist/config/schema.js');
const file = new URL('../warmspare.schema.json', import.meta.url);
writeFileSync(file, `${JSON.stringify(jsonSchema(), undefined, 2)}\n`);
