import type { Entry, Stop, Table } from '../engine.ts';
import { decodeRoute } from './wire.ts';

export interface BoardOptions {
  readonly members: Table;
  readonly coordinator: Table;
  readonly routes: Table;
  entry(table: 'members' | 'coordinator' | 'routes', entry: Entry): void;
  /** All that the tables hold has been told since `anew`; these are the tasks that have a row. */
  told(tasks: readonly string[]): void;
}

/**
 * The tables of a cluster as one member watches them. A row that is not told when all are told anew is one that the
 * engine has lost; so the lease and the records come first, and what is missing is only then believed.
 */
export class Board {
  private readonly current = new Set<string>();
  private tasks = new Set<string>();
  private isTold = false;

  constructor(private readonly options: BoardOptions) {}

  /** Contact was lost, or found: everything is going to be told once more. */
  anew(): void {
    this.current.clear();
    this.tasks = new Set();
    this.isTold = false;
  }

  watch(): Stop {
    const stops = (['members', 'coordinator', 'routes'] as const).map(name =>
      this.options[name].watch({
        entry: entry => {
          if (name === 'routes') this.row(entry);
          this.options.entry(name, entry);
        },
        current: () => {
          this.current.add(name);
          this.look();
        },
      }),
    );
    return () => {
      for (const stop of stops) stop();
    };
  }

  private row({ value }: Entry): void {
    const route = value === undefined ? undefined : decodeRoute(value);
    if (route !== undefined) this.tasks.add(route.task);
  }

  private look(): void {
    if (this.isTold || this.current.size < 3) return;
    this.isTold = true;
    this.options.told([...this.tasks]);
  }
}
