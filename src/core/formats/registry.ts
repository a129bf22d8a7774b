import type { FormatName } from '../document.ts';
import { block } from './block/index.ts';
import type { Format } from './format.ts';
import { ini } from './ini.ts';
import { json } from './json.ts';
import { lines } from './lines.ts';
import { toml } from './toml/index.ts';
import { yaml } from './yaml/index.ts';

const FORMATS: { readonly [name in FormatName]: Format } = { json, yaml, toml, ini, block, lines };

/** The format of a name; total over FormatName. */
export function formatNamed(name: FormatName): Format {
  return FORMATS[name];
}
