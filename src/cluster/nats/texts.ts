import { createHash, randomBytes } from 'node:crypto';
import { sha256InTurns } from '../../connectors/file/digest.ts';
import type { Texts } from '../engine.ts';
import type { Line } from './line.ts';
import type { Names } from './names.ts';
import type { Streams } from './prepared.ts';
import { write } from './write.ts';

/** In bytes; a server takes messages up to 1 MB where nobody has changed it. */
const PART = 512 * 1024;

/** So many parts are under way at once: 4 MB. */
const ABREAST = 8;

/** What a text consists of: written last, so that whoever finds it finds all parts. */
interface Whole {
  readonly put: string;
  readonly parts: number;
  /** SHA-256 of the bytes that lie there, in hexadecimal. */
  readonly digest: string;
}

/**
 * Texts in parts, in a stream of limited size. An object store would do the same with rights that nobody has
 * here: it purges. Each put writes parts of its own: two members may put one text at once, sealed differently.
 */
export class NatsTexts implements Texts {
  private readonly line: Line;
  private readonly streams: Streams;
  private readonly names: Names;

  constructor(line: Line, streams: Streams, names: Names) {
    this.line = line;
    this.streams = streams;
    this.names = names;
  }

  async put(hash: string, bytes: Uint8Array): Promise<void> {
    const put = randomBytes(8).toString('hex');
    const parts = Math.ceil(bytes.length / PART);
    for (let first = 0; first < parts; first += ABREAST) {
      const abreast = Array.from({ length: Math.min(ABREAST, parts - first) }, (_, at) => first + at);
      await Promise.all(
        abreast.map(part =>
          this.write(this.names.text(hash, `${put}-${part}`), bytes.subarray(part * PART, (part + 1) * PART)),
        ),
      );
    }
    const whole: Whole = { put, parts, digest: await sha256InTurns(bytes) };
    await this.write(this.names.text(hash), new TextEncoder().encode(JSON.stringify(whole)));
  }

  async get(hash: string): Promise<Uint8Array | undefined> {
    const bytes = await this.stored(hash);
    return bytes !== undefined && (await sha256InTurns(bytes)) === hash ? bytes : undefined;
  }

  async stored(hash: string): Promise<Uint8Array | undefined> {
    const whole = wholeOf(await this.read(this.names.text(hash)));
    if (whole === undefined) return undefined;
    const digest = createHash('sha256');
    const parts: Uint8Array[] = [];
    for (let part = 0; part < whole.parts; part++) {
      const bytes = await this.read(this.names.text(hash, `${whole.put}-${part}`));
      if (bytes === undefined) return undefined;
      digest.update(bytes);
      parts.push(bytes);
    }
    return digest.digest('hex') === whole.digest ? new Uint8Array(Buffer.concat(parts)) : undefined;
  }

  private async write(subject: string, bytes: Uint8Array): Promise<void> {
    const written = await write(this.line, this.streams, { subject, bytes });
    if (written.is !== 'written') throw new Error(written.is === 'unknown' ? written.why : written.is);
  }

  private async read(subject: string): Promise<Uint8Array | undefined> {
    return (await this.streams.newest(this.names.texts, subject))?.data;
  }
}

/** Anybody with the right to write texts could have written it. */
function wholeOf(bytes: Uint8Array | undefined): Whole | undefined {
  if (bytes === undefined) return undefined;
  try {
    const { put, parts, digest } = JSON.parse(new TextDecoder().decode(bytes));
    if (typeof put !== 'string' || !/^[0-9a-f]{16}$/.test(put)) return undefined;
    return Number.isSafeInteger(parts) && parts >= 0 && typeof digest === 'string'
      ? { put, parts, digest }
      : undefined;
  } catch {
    return undefined;
  }
}
