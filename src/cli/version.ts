import { readFileSync } from 'node:fs';

/** The version of this program; package.json lies two folders up, from src as from dist. */
export const VERSION: string = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
).version;
