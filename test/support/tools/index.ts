import { ANEW } from './anew.ts';
import { RENAMING } from './aside.ts';
import { IN_PLACE } from './in-place.ts';
import { LINKS } from './links.ts';
import type { Tool } from './tool.ts';

/** Every way of saving that was met in the wild, each by the tool that does it. */
export const TOOLS: readonly Tool[] = [...IN_PLACE, ...RENAMING, ...ANEW, ...LINKS];
