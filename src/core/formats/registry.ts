import type { FormatName } from '../document.ts';
import { isFailure } from '../failure.ts';
import { adviseOn } from './advice.ts';
import { block } from './block/index.ts';
import type { Format } from './format.ts';
import { ini } from './ini.ts';
import { json } from './json.ts';
import { lines } from './lines.ts';
import { toml } from './toml/index.ts';
import { yaml } from './yaml/index.ts';

const FORMATS: { readonly [name in FormatName]: Format } = {
  json: advising(json),
  yaml: advising(yaml),
  toml: advising(toml),
  ini: advising(ini),
  block: advising(block),
  lines: advising(lines),
};

/** The format of a name; total over FormatName. */
export function formatNamed(name: FormatName): Format {
  return FORMATS[name];
}

/** A format knows what is wrong; what to do about it is the same for all of them. */
function advising(format: Format): Format {
  const parse: Format['parse'] = (text, file) => {
    const parsed = format.parse(text, file);
    return isFailure(parsed) ? adviseOn(parsed, format.name) : parsed;
  };
  return { name: format.name, parse, respell: format.respell.bind(format) };
}
