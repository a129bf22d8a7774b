import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { code } from '../../connectors/file/place.ts';
import type { Failure } from '../../core/failure.ts';
import { entryOf } from '../../installation.ts';
import type { Request } from './answer.ts';

const CHILD = fileURLToPath(entryOf('journal-child'));

/** A damaged page can also lead in circles. A rebuild of the largest store takes a few seconds. */
const LIMIT_MS = 120_000;

/**
 * The child's answer, or why there is none: whatever happens to the child, this process goes on, and nothing of the
 * copy that it reads is left.
 */
export async function askChild(request: Request): Promise<unknown | Failure> {
  let room: string;
  try {
    room = await mkdtemp(join(tmpdir(), 'warmspare-reading-'));
  } catch (error) {
    const why = `there is no room for a copy of it (${code(error)})`;
    return { ...unreadable(request.folder, why), hint: `make room in ${tmpdir()}, or name another TMPDIR` };
  }
  try {
    return await ask(request, room);
  } finally {
    await rm(room, { recursive: true, force: true });
  }
}

/** @param room a folder for the copy that the child makes */
function ask(request: Request, room: string): Promise<unknown | Failure> {
  return new Promise(resolve => {
    execFile(
      process.execPath,
      [CHILD, JSON.stringify(request)],
      {
        timeout: LIMIT_MS,
        killSignal: 'SIGKILL',
        maxBuffer: 2 ** 29,
        env: { TMPDIR: room },
        windowsHide: true,
      },
      (error, stdout) => {
        const found = error === null ? parsed(stdout) : undefined;
        if (found !== undefined) resolve(found);
        else resolve(unreadable(request.folder, error === null ? 'it gave no answer' : whyOf(error)));
      },
    );
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function whyOf(error: { code?: unknown; signal?: unknown; killed?: unknown }): string {
  if (error.killed === true) return 'reading it took too long';
  return typeof error.signal === 'string' ? `reading it ended with ${error.signal}` : 'it is no journal';
}

export function unreadable(folder: string, why: string): Failure {
  return {
    failure: 'unreadable',
    message: `the journal cannot be read: ${why}`,
    at: { file: folder },
    hint: 'the next start of the daemon mends it; what was replicated is known from the backup’s ledger',
  };
}
