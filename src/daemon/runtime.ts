import { setFlagsFromString } from 'node:v8';

/**
 * Has memory collected before much of it is garbage: by itself Node.js lets a heap of 300 MB grow to 600 and
 * then stands still for 150 ms.
 */
export function promptCollection(): void {
  setFlagsFromString('--heap-growing-percent=30');
}

/**
 * Has Node.js make machine code of every function at its first call, and keep it: saves are far between, and
 * code that runs some dozens of times a day would be interpreted each time, or be thrown away meanwhile.
 * For the daemon, at its start; a command that runs once has no use for it.
 */
export function promptCode(): void {
  setFlagsFromString('--no-flush-bytecode');
  setFlagsFromString('--always-sparkplug');
}
