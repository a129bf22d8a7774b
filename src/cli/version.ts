import { readFileSync } from 'node:fs';
import { shipped } from '../installation.ts';

export const VERSION: string = JSON.parse(readFileSync(shipped('package.json'), 'utf8')).version;
