import { z } from 'zod';
import type { FormatName } from '../core/document.ts';
import { KINDS } from '../core/rewrite/identity.ts';

/**
 * The configuration file, defined once: this validates it, and the shipped JSON Schema
 * (warmspare.schema.json) is generated from it, so that an editor and `check` cannot disagree.
 *
 * Messages say what a value must be ("must be ..."); config/explain.ts puts the key before them.
 */
const FORMATS = ['json', 'yaml', 'toml', 'ini', 'block', 'lines'] as const satisfies readonly FormatName[];
export const DURATION = /^(\d+)(ms|s|m|h|d)$/;
const POINTER = /^(\/([^~/]|~[01])*)*$/;
const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/;
const LISTEN = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+):\d{1,5}$/;

const text = z.string().min(1, 'must not be empty');
const kind = z.enum(KINDS).describe('What sort of identifier this is');
const oneOrMore = (about: string) =>
  z.union([text, z.array(text).min(1, 'must not be empty')]).describe(about);
const words = (about: string) => z.array(text).min(1, 'must not be empty').describe(about);

const endpointKeys = {
  path: text
    .optional()
    .describe('Root folder on this machine or a mount; relative to the configuration file'),
  node: text.optional().describe('The member beside a local path (needed in a cluster)'),
  url: z
    .string()
    .regex(/^sftp:\/\//, 'must be a URL like sftp://user@host/folder')
    .optional()
    .describe('A root folder over SFTP: sftp://user@host/folder'),
  key: text
    .optional()
    .describe('File with the private key to log in with; default: an agent, and the keys in ~/.ssh'),
  'known-hosts': text
    .optional()
    .describe(
      'File with the host keys that are known; default: ~/.ssh/known_hosts, /etc/ssh/ssh_known_hosts',
    ),
  'host-key': z
    .string()
    .regex(
      /^SHA256:[A-Za-z0-9+/]{43}=?$/,
      'must be a fingerprint like SHA256:..., as ssh-keygen -lf prints it',
    )
    .optional()
    .describe('Fingerprint of the only host key that is the right one; then no known_hosts counts'),
  exec: z
    .strictObject({
      read: words('Command that prints a file of this side; run without a shell'),
      write: words('Command that takes a file of this side on its input; run without a shell'),
    })
    .optional()
    .describe('A root that is read and written by commands'),
};

/** How many of the three ways to name a root are used; the rule needs exactly one. */
function ways(endpoint: { path?: unknown; url?: unknown; exec?: unknown }): number {
  return [endpoint.path, endpoint.url, endpoint.exec].filter(way => way !== undefined).length;
}

/** How a server is reached, and known again. */
const BESIDE_URL = ['key', 'known-hosts', 'host-key'] as const;

const endpoint = (about: string) =>
  z
    .strictObject(endpointKeys)
    .refine(value => ways(value) === 1, 'must have exactly one of path, url, exec')
    .refine(value => value.node === undefined || ways(value) !== 1 || value.path !== undefined, {
      path: ['node'],
      error: 'must stand beside path only',
    })
    .superRefine((value, context) => {
      if (value.url !== undefined || ways(value) !== 1) return;
      for (const key of BESIDE_URL)
        if (value[key] !== undefined)
          context.addIssue({ code: 'custom', path: [key], message: 'must stand beside url only' });
    })
    .describe(about)
    .meta({ oneOf: [{ required: ['path'] }, { required: ['url'] }, { required: ['exec'] }] });

const pair = z
  .strictObject({
    kind,
    primary: text.describe("The primary's identifier; the part before a final :* for an iqn or nqn prefix"),
    backup: text.describe("The backup's counterpart, of the same kind"),
    swap: z.boolean().optional().describe('Swap both ways at once; the default depends on the kind'),
    in: oneOrMore('Only in files that match this pattern, optionally # and a place').optional(),
    not: oneOrMore('Not in files that match this pattern, optionally # and a place').optional(),
    at: text.optional().describe('A placed pair: a pointer, or the last segments of one (VI_1/priority)'),
  })
  .describe("A pair: the primary's identifier and the backup's counterpart");

export const IdentitySchema = z.array(pair);

const shared = z
  .strictObject({
    kind,
    value: text.describe('The identifier'),
    why: text.optional().describe('Why it is the same on both nodes'),
  })
  .describe('An identifier that is the same on both nodes: never rewritten, residue or unmapped');

const files = z
  .strictObject({
    validate: words(
      'Command that must succeed on the new file before it is put; {file} is its path',
    ).optional(),
    reload: words('Command that makes the service read the new file; run without a shell').optional(),
    preserve: z
      .array(
        z.string().regex(POINTER, 'must be a JSON pointer like /global/workers, with ~ as ~0 and / as ~1'),
      )
      .optional()
      .describe("Pointers to settings of the follower's own, never replaced"),
    rewrite: z
      .literal('none')
      .optional()
      .describe('The same on every node by its own rules: copied as it is'),
    apply: z
      .literal('on-break')
      .optional()
      .describe('Kept ready, and installed only by activate after a break'),
    format: z.enum(FORMATS).optional().describe('Overrides the detected format'),
    after: oneOrMore('Goes in one group with, and after, the files of these patterns').optional(),
  })
  .describe('Rules for the files of a pattern, used on whichever side follows');

const onUnmapped = z.enum(['warn', 'hold']);
const duration = z.string().regex(DURATION, 'must be a duration like 30s, 10m or 2h');

const deletions = z
  .strictObject({
    max: z.int().min(0).default(5).describe('More deleted entries than this are held'),
    percent: z.number().min(0).max(100).default(20).describe("Also held: over this part of a file's entries"),
    window: duration.default('10m').describe('Deletions within this time are counted together'),
  })
  .describe('When a deletion is a mass deletion');

const relationship = z
  .strictObject({
    primary: endpoint('The node whose configuration leads'),
    backup: endpoint('The node that follows'),
    include: words("Patterns of the primary's files, relative to its root"),
    exclude: z.array(text).default([]).describe('Patterns of files to leave out'),
    identity: z
      .union([IdentitySchema, text])
      .describe('The identity pairs: a list, or the path of a file that holds the list'),
    shared: z.array(shared).default([]).describe('Identifiers that are the same on both nodes'),
    files: z.record(text, files).default({}).describe('Rules by file pattern; a later pattern wins'),
    mode: z.enum(['auto', 'approve']).default('auto').describe('approve: every change waits for a person'),
    conflict: z
      .enum(['hold', 'primary'])
      .default('hold')
      .describe('When both sides changed the same setting: hold it, or let the primary win'),
    unmapped: z
      .union([onUnmapped, z.partialRecord(z.enum(KINDS), onUnmapped)])
      .default('warn')
      .describe('What a string that looks like an identifier of no pair does; also per kind'),
    guard: z
      .union([z.literal('off'), z.strictObject({ deletions: deletions.optional() })])
      .default({})
      .describe('Which changes are held; or off'),
  })
  .describe("A primary's configuration set, its backup, and the identity mapping between them");

const ClusterSchema = z.strictObject({
  engine: z.enum(['embedded', 'nats']).describe('What the members speak through'),
  servers: z
    .array(z.string().regex(/^(nats|tls):\/\//, 'must be a URL like nats://127.0.0.1:4222'))
    .default([])
    .describe('Addresses of the engine'),
  name: z
    .string()
    .regex(NAME, 'must be a name of letters, digits, - and _ (at most 63)')
    .default('warmspare')
    .describe('Prefix of every bucket, stream and subject'),
  credentials: text
    .optional()
    .describe('File with what this member shows to the servers: .creds, or the seed of a user nkey'),
  tls: z
    .strictObject({
      ca: text.optional().describe('File with the certificates (PEM) that vouch for the servers'),
      cert: text.optional().describe("File with this member's certificate (PEM)"),
      key: text.optional().describe("File with the certificate's private key (PEM)"),
    })
    .optional()
    .describe('Connections are encrypted, and never go without'),
  key: text
    .optional()
    .describe(
      'File with 32 random bytes in base64 or hex, the same for all members and 0600: seals all they say',
    ),
  labels: z.array(text).default([]).describe('Words that tell what this member is or has'),
  weight: z
    .number()
    .positive('must be more than 0')
    .default(1)
    .describe('Share of the tasks that this member takes, beside the others'),
});

export const ConfigSchema = z
  .strictObject({
    version: z.literal(1).describe('Version of this file format'),
    node: text.optional().describe("This member's name; default: the host name"),
    state: text
      .optional()
      .describe('Folder of journal, history, control socket; default: /var/lib/warmspare as root'),
    relationships: z
      .record(z.string().regex(NAME, 'must be a name of letters, digits, - and _ (at most 63)'), relationship)
      .describe('The relationships by name'),
    secrets: z
      .array(text)
      .default([])
      .describe('Further keys whose values are masked in every output; * stands for anything'),
    cluster: ClusterSchema.optional().describe('Absent: embedded, one process'),
    http: z
      .strictObject({
        listen: z
          .string()
          .regex(LISTEN, 'must be an address and port like 127.0.0.1:9477')
          .refine(listen => Number(listen.slice(listen.lastIndexOf(':') + 1)) <= 65_535, {
            error: 'must have a port up to 65535',
            abort: true,
          })
          .describe('Address and port'),
      })
      .optional()
      .describe('Status page, /metrics, /healthz; off when absent'),
  })
  .describe('Configuration of warmspare');

export type ConfigInput = z.output<typeof ConfigSchema>;
export type IdentityInput = z.output<typeof IdentitySchema>;

/** The JSON Schema that editors read; also what `did you mean` takes its words from. */
export function jsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(ConfigSchema, { io: 'input' }) as Record<string, unknown>;
}
