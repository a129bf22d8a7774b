import type { FormatName } from '../../../src/core/document.ts';
import type { Model, Setting } from './model.ts';

/** Prints a model as a file of a format, with comments, in the quoting that the text asks for. */
export function print(model: Model, format: FormatName): string {
  return PRINTERS[format](model);
}

const quoted = (text: string) => JSON.stringify(text);
const isPlain = (text: string) =>
  /^[A-Za-z][\w./-]*$/.test(text) && !/^(yes|no|true|false|null|x)$/i.test(text) && !/\d[eE]\d/.test(text);
const single = (text: string) => `'${text.replaceAll("'", "''")}'`;

function yamlText(text: string): string {
  if (isPlain(text)) return text;
  return /[\n\t\\"]/.test(text) ? quoted(text) : single(text);
}

function tomlText(text: string): string {
  return /['\n\t]/.test(text) ? quoted(text) : `'${text}'`;
}

const remark = (comment: string) => comment.replaceAll('\n', ' ');

const PRINTERS: Record<FormatName, (model: Model) => string> = {
  json: ({ sections }) => {
    const value = Object.fromEntries(
      sections.map(({ name, entries }) => [name, Object.fromEntries(entries.map(jsonEntry))]),
    );
    return `${JSON.stringify(value, null, 2)}\n`;
  },
  yaml: ({ sections }) =>
    sections
      .map(({ name, comment, entries }) => {
        const lines = entries.map(({ key, value, list }) =>
          list === undefined || list.length === 0
            ? `  ${yamlText(key)}: ${yamlText(value)}  # ${remark(comment)}\n`
            : `  ${yamlText(key)}:\n${list.map(item => `    - ${yamlText(item)}\n`).join('')}`,
        );
        return `# ${remark(comment)}\n${yamlText(name)}:\n${lines.join('')}`;
      })
      .join(''),
  toml: ({ sections }) =>
    sections
      .map(({ name, comment, entries }) => {
        const lines = entries.map(({ key, value, list }) => {
          const right = list === undefined ? tomlText(value) : `[${list.map(tomlText).join(', ')}]`;
          return `${tomlText(key)} = ${right} # ${remark(comment)}\n`;
        });
        return `# ${remark(comment)}\n[${quoted(name)}]\n${lines.join('')}\n`;
      })
      .join(''),
  ini: ({ sections }) =>
    sections
      .map(
        ({ name, comment, entries }) =>
          `; ${remark(comment)}\n[${name}]\n${entries.map(({ key, value }) => `\t${key} = ${value}\n`).join('')}`,
      )
      .join('\n'),
  block: ({ sections }) =>
    sections
      .map(({ name, comment, entries }) => {
        const lines = entries.map(({ key, value }) => `    ${key} ${value.replaceAll('#', '')}\n`);
        return `# ${remark(comment)}\ngroup ${name} {\n${lines.join('')}}\n`;
      })
      .join('\n'),
  lines: ({ sections }) =>
    sections
      .map(
        ({ name, comment, entries }) =>
          `# ${remark(comment)}\n${entries.map(({ key, value }) => `${name}\t${key} ${value}\n`).join('')}`,
      )
      .join(''),
};

function jsonEntry({ key, value, list }: Setting): [string, unknown] {
  return [key, list === undefined ? value : list];
}
