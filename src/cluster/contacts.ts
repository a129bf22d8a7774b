import type { Contact, Stop } from './engine.ts';

/** How an engine's contact is, and who wants to know. */
export class Contacts {
  /** Calls later what it is given: no listener is called from within a call of its own. */
  private readonly soon: (deliver: () => void) => void;
  private contact: Contact = { is: 'lost', why: 'there was no contact yet' };
  private readonly listeners = new Set<(contact: Contact) => void>();
  private readonly finders = new Set<() => void>();
  private readonly losers = new Set<(why: string) => void>();

  constructor(soon: (deliver: () => void) => void) {
    this.soon = soon;
  }

  get now(): Contact {
    return this.contact;
  }

  set(contact: Contact): void {
    const before = this.contact;
    if (same(before, contact)) return;
    this.contact = contact;
    for (const listener of this.listeners) this.soon(() => this.deliver(listener, contact));
    if (contact.is === 'there') for (const found of this.finders) found();
    else for (const lost of this.losers) lost(contact.why);
  }

  tell(listener: (contact: Contact) => void): Stop {
    // Each call is a listener of its own, also where one function is given twice.
    const mine = (contact: Contact) => listener(contact);
    const now = this.contact;
    this.listeners.add(mine);
    this.soon(() => this.deliver(mine, now));
    return () => this.listeners.delete(mine);
  }

  /** For the engine's own parts: called within `set`, before anybody outside is told. */
  found(work: () => void): Stop {
    this.finders.add(work);
    return () => this.finders.delete(work);
  }

  lost(work: (why: string) => void): Stop {
    this.losers.add(work);
    return () => this.losers.delete(work);
  }

  private deliver(listener: (contact: Contact) => void, contact: Contact): void {
    if (this.listeners.has(listener)) listener(contact);
  }
}

function same(one: Contact, other: Contact): boolean {
  return one.is === other.is && (one.is === 'there' || (other.is === 'lost' && one.why === other.why));
}
