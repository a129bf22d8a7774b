interface Damage {
  readonly places: (length: number) => number;
  readonly at: (whole: Buffer, place: number) => Buffer;
}

export const damaged: Readonly<Record<'none' | 'flip' | 'cut', Damage>>;
