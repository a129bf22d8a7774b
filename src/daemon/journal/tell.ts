import type { JournalEvent } from './record.ts';

/** An event in one sentence, for people; undefined for those that are told as changes. Not masked. */
export function tell(event: JournalEvent): string | undefined {
  switch (event.type) {
    case 'applied':
    case 'undone':
    case 'planned':
      return undefined;
    case 'captured':
      return event.revision === null
        ? `${event.path} is gone on the primary`
        : `captured ${event.path} (${event.size} bytes)`;
    case 'held':
      return `held (${event.id}): ${event.path}: ${event.failures.map(failure => failure.message).join('; ')}`;
    case 'released':
      return `released (${event.id}): ${event.path}${by(event, ': its cause is gone')}`;
    case 'rejected':
      return `rejected (${event.id}): ${event.path}${by(event)}`;
    case 'ended':
      return `the relationship was released${by(event)}`;
    case 'paused':
      return `paused${event.until === undefined ? '' : ` until ${new Date(event.until).toISOString()}`}${by(event)}`;
    case 'resumed':
      return `resumed${by(event, ': the time was up')}`;
    case 'degraded':
      return `watching is degraded: ${event.failure.message}`;
    case 'sighted':
      return 'watching works again';
    case 'started':
      return `the daemon started (version ${event.version}, node ${event.node})`;
    case 'stopped':
      return `the daemon stopped${by(event)}`;
    case 'reloaded':
      return 'the configuration was read again';
    case 'failed':
      return `failed: ${event.path === undefined ? '' : `${event.path}: `}${event.failure.message}`;
  }
}

function by(event: { readonly who?: string; readonly reason?: string }, nobody = ''): string {
  const who = event.who === undefined ? nobody : ` by ${event.who}`;
  return event.reason === undefined ? who : `${who}: ${event.reason}`;
}
