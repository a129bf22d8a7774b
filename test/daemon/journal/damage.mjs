/** Ways to damage a file: how many places each has in one of that length, and the file damaged there. */
export const damaged = {
  none: { places: () => 1, at: whole => whole },
  flip: {
    places: length => length,
    at: (whole, place) => {
      const bytes = Buffer.from(whole);
      bytes[place] ^= [0xff, 1 << (place % 8)][place % 2];
      return bytes;
    },
  },
  cut: {
    places: length => Math.floor(length / 64),
    at: (whole, place) => whole.subarray(0, 64 * place),
  },
};
