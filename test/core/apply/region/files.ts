import type { FormatName } from '../../../../src/core/document.ts';
import { IDENTIFIERS } from '../../law/model.ts';
import type { Tape } from './tape.ts';

/** A made-up storage configuration in a format, large enough to have entries within entries. */
export function fileOf(format: FormatName, tape: Tape): string {
  const text = PRINTERS[format](poolsOf(tape), tape);
  const odd = tape.below(20);
  if (odd === 0) return text.replace(/\n$/, '');
  if (odd === 1 && format !== 'json') return text.replaceAll('\n', '\r\n');
  return odd === 2 ? `\ufeff${text}` : text;
}

/** Without names, lists are told apart by nothing; with twins, by no single field. */
interface Pool {
  readonly name: string;
  readonly comment: string;
  readonly fields: readonly (readonly [string, string])[];
  readonly luns: readonly Readonly<Record<string, string>>[];
  readonly tags: readonly string[];
}

const WORDS = ['rw', 'sync', 'data', 'fast', 'no', '12', '4420', 'eth0', 'x'];
const FIELDS = [
  'host',
  'portal',
  'path',
  'size',
  'owner',
  'device',
  'comment',
  'option',
  'address',
  'nas1',
  'kind',
];

function wordOf(tape: Tape): string {
  const simple = IDENTIFIERS.filter(one => /^[\w./-]+$/.test(one));
  return tape.chance(50) ? tape.pick(simple) : tape.pick(WORDS);
}

function poolsOf(tape: Tape): Pool[] {
  const sort = tape.below(4);
  return Array.from({ length: 2 + tape.below(4) }, (_, i) => {
    const fields = FIELDS.filter(() => tape.chance(45)).map(field => [field, wordOf(tape)] as const);
    const luns = Array.from({ length: tape.below(5) }, (__, k): Record<string, string> => {
      if (sort === 0) return { id: String(k), serial: wordOf(tape) };
      if (sort === 1) return { serial: wordOf(tape), type: tape.pick(WORDS) };
      return { serial: wordOf(tape), lun: String(k), name: `lun${tape.chance(20) ? 0 : k}` };
    });
    const tags = Array.from({ length: tape.below(4) }, () => wordOf(tape));
    return { name: `pool${i}`, comment: wordOf(tape), fields, luns, tags };
  });
}

type Printer = (pools: readonly Pool[], tape: Tape) => string;

const braces: Printer = (pools, tape) => {
  const end = tape.chance(40) ? ';' : '';
  const one = ({ name, comment, fields, luns, tags }: Pool) =>
    [
      `# ${comment}`,
      `pool ${name} {`,
      ...fields.map(([key, value]) => `    ${key} ${value}${end}`),
      ...luns.map(
        lun =>
          `    lun ${lun.serial} {\n${Object.entries(lun)
            .map(([key, value]) => `        ${key} ${value}${end}\n`)
            .join('')}    }`,
      ),
      ...tags.map(tag => `    option ${tag} x${end}`),
      '}',
    ].join('\n');
  return `global {\n    name nas1${end}\n    kind x${end}\n}\n${pools.map(one).join('\n')}\n`;
};

/** tgt's: blocks between tags. */
const tags: Printer = pools =>
  pools
    .map(({ name, comment, fields, luns }) =>
      [
        `# ${comment}`,
        `<target iqn.2001-04.com.example:${name}>`,
        ...fields.map(([key, value]) => `    ${key} ${value}`),
        ...luns.map(
          lun => `    <backing-store ${lun.serial}>\n        type ${comment}\n    </backing-store>`,
        ),
        '</target>\n',
      ].join('\n'),
    )
    .join('');

/** Gluster's: blocks between words. */
const endWords: Printer = pools =>
  pools
    .map(({ name, fields }) =>
      [
        `volume ${name}`,
        '    type storage/posix',
        ...fields.map(([key, value]) => `    option ${key} ${value}`),
        'end-volume\n',
      ].join('\n'),
    )
    .join('\n');

/** HAProxy's: sections that the next header ends. */
const haproxy: Printer = pools =>
  pools
    .map(({ name, comment, fields, tags: all }) =>
      [
        `# ${comment}`,
        `backend ${name}`,
        ...fields.map(([key, value]) => `    ${key} ${value}`),
        ...all.map((tag, n) => `    server s${n} ${tag}`),
      ].join('\n'),
    )
    .join('\n\n')
    .concat('\n');

const PRINTERS: Record<FormatName, Printer> = {
  json: (pools, tape) => {
    const value = {
      version: 1,
      pools: pools.map(({ name, fields, luns, tags }) => ({
        name,
        ...Object.fromEntries(fields),
        luns,
        tags,
      })),
      settings: Object.fromEntries(pools[0]!.fields),
    };
    return tape.chance(15) ? JSON.stringify(value) : `${JSON.stringify(value, null, 2)}\n`;
  },
  yaml: (pools, tape) => {
    const indent = tape.chance(25) ? '' : '  ';
    const one = ({ name, comment, fields, luns, tags }: Pool) =>
      [
        `${indent}- name: ${name} # ${comment}`,
        ...fields.map(([key, value]) => `${indent}  ${key}: ${yamlWord(value)}`),
        ...(luns.length === 0 ? [] : [`${indent}  luns:`]),
        ...luns.flatMap(lun => [
          `${indent}    # ${comment}`,
          ...Object.entries(lun).map(
            ([key, value], n) => `${indent}    ${n === 0 ? '- ' : '  '}${key}: ${yamlWord(value)}`,
          ),
        ]),
        `${indent}  tags: [${tags.map(yamlWord).join(', ')}]`,
        ...(name === 'pool1' && comment === 'rw'
          ? [`${indent}  script: |`, `${indent}    echo nas1`, `${indent}    [ x`]
          : []),
      ].join('\n');
    const settings = pools[0]!.fields.map(([key, value]) => `  ${key}: ${yamlWord(value)}`);
    const head = `# ${pools[0]!.comment}\n${tape.chance(20) ? '---\n' : ''}`;
    const blank = tape.chance(30) ? '\n' : '';
    return `${head}version: 1\npools:\n${pools.map(one).join(`\n${blank}`)}\n${blank}${settings.length > 0 ? `settings:\n${settings.join('\n')}\n` : ''}`;
  },
  toml: (pools, tape) => {
    const header = tape.chance(50) ? (name: string) => `[${name}]` : () => '[[pool]]';
    const one = ({ name, comment, fields, luns, tags }: Pool) =>
      [
        `# ${comment}`,
        header(name),
        `name = "${name}"`,
        ...fields.map(([key, value]) => `${key} = "${value}"`),
        `tags = [${tags.map(tag => `"${tag}"`).join(', ')}]`,
        `luns = [\n${luns
          .map(
            lun =>
              `  { ${Object.entries(lun)
                .map(([key, value]) => `${key} = "${value}"`)
                .join(', ')} },\n`,
          )
          .join('')}]`,
      ].join('\n');
    return `title = "${pools[0]!.comment}"\nowner.name = "nas1"\n\n${pools.map(one).join('\n\n')}\n`;
  },
  ini: pools => {
    const one = ({ name, comment, fields, tags }: Pool) =>
      [
        `[${name}]`,
        `  ; ${comment}`,
        ...fields.map(([key, value]) => `  ${key} = ${value}`),
        ...tags.map(tag => `  option = ${tag}`),
      ].join('\n');
    return `# ${pools[0]!.comment}\nworkgroup = x\n${pools.map(one).join('\n')}\n`;
  },
  lines: pools =>
    pools
      .map(({ name, comment, fields, tags }) =>
        [
          `# ${comment}`,
          ...fields.map(([key, value]) => `/srv/${name}/${key} ${value}(rw) ${comment}(ro)`),
          ...tags.map(tag => `option ${tag}`),
        ].join('\n'),
      )
      .join('\n')
      .concat('\n'),
  block: (pools, tape) => {
    const dialect = tape.below(10);
    return (dialect === 0 ? tags : dialect === 1 ? endWords : dialect === 2 ? haproxy : braces)(pools, tape);
  },
};

function yamlWord(word: string): string {
  return /^[A-Za-z][\w./-]*$/.test(word) || /^\d+$/.test(word) ? word : `"${word}"`;
}
