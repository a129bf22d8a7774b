import { maskSecrets, secretSpans } from '../../core/change/secrets.ts';
import type { Failure, Place } from '../../core/failure.ts';

/** Units that every mask has, so that a caret can be moved with the text. */
const MASK_LENGTH = maskSecrets('password=x').text.length - 'password='.length;

/** A failure whose texts may be shown: no secret in its message, hint or source lines. */
export function maskFailure(failure: Failure, extra: readonly RegExp[] = []): Failure {
  return {
    ...failure,
    message: maskSecrets(failure.message, extra).text,
    ...(failure.hint === undefined ? {} : { hint: maskSecrets(failure.hint, extra).text }),
    ...(failure.at === undefined ? {} : { at: maskPlace(failure.at, extra) }),
    ...(failure.also === undefined ? {} : { also: failure.also.map(place => maskPlace(place, extra)) }),
  };
}

/** The place with its line masked, and its caret where it then belongs. */
function maskPlace(place: Place, extra: readonly RegExp[] = []): Place {
  const { source, column, length = 1 } = place;
  if (source === undefined) return place;
  const spans = secretSpans(source, extra);
  if (spans.length === 0) return place;
  const masked = { ...place, source: maskSecrets(source, extra).text };
  if (column === undefined) return masked;
  /** Where an offset of the line stands in the masked one. */
  const moved = (offset: number, isEnd: boolean): number => {
    let by = 0;
    for (const { start, end } of spans) {
      if (offset < start || (offset === start && !isEnd)) break;
      if (offset < end) return isEnd ? start + by + MASK_LENGTH : start + by;
      by += MASK_LENGTH - (end - start);
    }
    return offset + by;
  };
  const from = moved(column - 1, false);
  const to = moved(column - 1 + length, true);
  return { ...masked, column: from + 1, length: Math.max(1, to - from) };
}
