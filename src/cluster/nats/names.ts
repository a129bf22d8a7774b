import { type TableName, word } from '../engine.ts';

/** What everything is called in NATS. All of it begins with the cluster's name, so that several can share a server. */
export class Names {
  private readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  /** Core messages. */
  topic(topic: string): string {
    return `${this.name}.said.${topic}`;
  }

  /** The topic of a subject that `topic` made. */
  topicOf(subject: string): string {
    return subject.slice(this.topic('').length);
  }

  /** Tables are buckets as the nats command knows them, so that people can look into them with it. */
  bucket(table: TableName): string {
    return `${this.name}-${table}`;
  }

  tableStream(table: TableName): string {
    return `KV_${this.bucket(table)}`;
  }

  key(table: TableName, key: string): string {
    return `$KV.${this.bucket(table)}.${key}`;
  }

  keyOf(table: TableName, subject: string): string {
    return subject.slice(this.key(table, '').length);
  }

  get changes(): string {
    return `${this.name}-changes`;
  }

  change(relationship: string): string {
    return `${this.name}.changes.${word(relationship)}`;
  }

  get texts(): string {
    return `${this.name}-texts`;
  }

  /** A part of a text as one `put` has written it; `all`, without a put: what tells the parts. */
  text(hash: string, part = 'all'): string {
    return `${this.name}.texts.${word(hash)}.${part}`;
  }
}
