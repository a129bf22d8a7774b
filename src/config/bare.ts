/** A part of the configuration as text, without the places in the file that its parts stand at. */
export function bareText(part: unknown): string {
  return JSON.stringify(part, (key, value) => (key === 'source' ? undefined : value));
}
