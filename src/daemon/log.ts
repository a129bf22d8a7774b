import pino from 'pino';
import { maskSecrets } from '../core/change/secrets.ts';

/** One sentence per decision, with the fields that a machine may want. Secrets in it are masked. */
export interface Log {
  say(level: 'info' | 'warn' | 'error', text: string, fields?: Readonly<Record<string, unknown>>): void;
}

interface Output {
  write(text: string): void;
  readonly isTTY: boolean;
}

/**
 * To a person at a terminal a line of text, to journald and files one JSON object a line (pino's form).
 * `name` is the member's; `secrets` are asked for each time, for a reload may bring others.
 */
export function openLog(name: string, output: Output, secrets: () => readonly RegExp[] = () => []): Log {
  const mask = (text: string) => maskSecrets(text, secrets()).text;
  if (output.isTTY) {
    return {
      say: (level, text, fields) => {
        const about = typeof fields?.relationship === 'string' ? `${fields.relationship}: ` : '';
        const mark = level === 'info' ? '' : `${level}: `;
        output.write(`${new Date().toISOString()} ${mark}${about}${mask(text)}\n`);
      },
    };
  }
  const logger = pino({ base: { node: name }, timestamp: pino.stdTimeFunctions.isoTime }, output);
  return { say: (level, text, fields) => logger[level]({ ...fields }, mask(text)) };
}
