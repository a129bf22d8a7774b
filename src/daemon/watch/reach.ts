import picomatch from 'picomatch';
import { isPattern, type Scope } from '../../core/capture/scope.ts';

const OPTIONS = { dot: true, nobrace: false, strictSlashes: true } as const;

/**
 * A test whether a pattern could match anything in a folder or below it, so that `*.conf` of /etc does
 * not walk and watch all of /etc. In doubt it could. Paths are relative to the root, with `/`.
 */
export function reachTest(scope: Scope): (folder: string) => boolean {
  const patterns = scope.include.filter(isPattern).map(reachOf);
  return folder => {
    const parts = folder === '' ? [] : folder.split('/');
    return patterns.some(reaches => reaches(parts));
  };
}

function reachOf(pattern: string): (folder: readonly string[]) => boolean {
  // Braces and groups may hold slashes, so that the parts of the pattern are not parts of the path.
  if (/^!|[{(][^})]*\//.test(pattern)) return () => true;
  const parts = pattern.split('/');
  const tests = parts.map(part => (part.includes('**') ? undefined : picomatch(part, OPTIONS)));
  return folder => {
    for (const [index, name] of folder.entries()) {
      const test = tests[index];
      if (index < parts.length && test === undefined) return true;
      // The last part of the pattern is for the file itself.
      if (index >= parts.length - 1 || test?.(name) !== true) return false;
    }
    return true;
  };
}
