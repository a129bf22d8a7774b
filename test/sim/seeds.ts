/** Seeds that once found something: played in every run, in both modes, with what they found. */
export const KEPT: readonly (readonly [seed: number, why: string])[] = [
  [2096, 'with `guard: off` a file was deleted when the primary went as a whole'],
  [60009, 'the same, after a save that was under way'],
  [1144, 'a file was called deleted at once when the primary went while it was read'],
  [92663472, 'the ledger told of a file whose name was not on disk, after an attempt that failed half-way'],
  [
    94087950,
    'a backup that went away while a path with nothing at it was looked at ended in a mistake of ours',
  ],
  [
    7000106,
    'a sync of what was open before the backup was unmounted did nothing: a mistake of the simulator',
  ],
  [
    9000299,
    'an administrator edited an empty file, whose first line then passed for no version: the simulator’s',
  ],
  [
    20000553,
    'an undo of a person while paused, and then a restart, passed for a breach of the pause: the checker’s',
  ],
  [
    30000027,
    'two processes that both wait for the backup: who is fenced then has to be started again by people',
  ],
  [
    96893366,
    'the folder of a relationship, whose sync had failed at the first attempt, was lost in a power cut',
  ],
  [
    200000982,
    'a file whose root was taken away while it was looked at passed for seen: a mistake of the simulator',
  ],
  [
    121595333,
    'a file that a person kept, and that the primary made and deleted once more, passed for late: the checker’s',
  ],
  [
    310002003,
    'what a person took back, and the primary saved once more letter for letter, passed for late: the checker’s',
  ],
  [
    131540169,
    'killed before its first change was acknowledged, edited there, gone on the primary: it stays, as the backup’s own',
  ],
  [
    420000698,
    'an acknowledged ledger written anew in a later epoch, after an edit and a power cut, passed for early: the checker’s',
  ],
  [600000297, 'a backup that was unmounted between its ledger and its take-over passed for a new one'],
  [
    500000853,
    'a member without a memory went on while the backup was unmounted, which nothing can tell: the simulator’s',
  ],
  [110282576, 'a root that went away while its mounts were looked at ended in a mistake of ours'],
  [
    193659201,
    'a file came and went while its name was waited for: its deletion was believed as if it had never come',
  ],
  [
    5000674,
    'a ledger whose folder could not be synced was read again and remembered, and lost with the power: held for good',
  ],
  [109110398, 'a backup that went away while a person took something back ended in a mistake of ours'],
  [
    760371780,
    'an undo that failed was taken back and could not be synced, and went with the power: what is left of it settles that',
  ],
  [
    761223061,
    'a file that was put back after an error by a call that no seed had made: numbers of the simulator’s, where exact ones were not asked for',
  ],
  [
    761302331,
    'a file that was empty at first was read by lines for good: one setting came alone, and below no section',
  ],
  [761311579, 'the same, after a kill'],
  [759758679, 'a person approved by its name what was held no more: the simulator’s, no command takes that'],
  [
    700001399,
    'a primary that lost every file it had, one by one, passed for stuck where it waits for a person: the simulator’s',
  ],
  [
    720000515,
    'a primary that was unmounted right after the scan that missed a file: the file had come back, and was deleted',
  ],
  [
    730003659,
    'a file that came back while its deletion waited for a scan, and went again, was called deleted at once',
  ],
  [
    740005459,
    'a file of nobody’s, whose end no scan had seen yet, passed for behind when it was called in sync: the checker’s',
  ],
  [
    740016361,
    'a file of a backup that went away while it was looked for passed for one outside its root; by a real clock, once in a while',
  ],
  [
    750013185,
    'a new file that was taken back had been saved there by somebody right after the last look: it is put back now',
  ],
  [
    760012191,
    'what the last look before a deletion had found was told to nobody, and a moment later all passed for in sync',
  ],
  [
    760001155,
    'a power cut kept a new file and not the draft of its ledger: it stayed on the backup, in no ledger, when the primary had lost it',
  ],
  [
    770006069,
    'a file that was back for two milliseconds while its deletion waited for the backup was called deleted as if it had never been',
  ],
  [
    790019219,
    'a deletion was undone by a person, the file came back, was held and went again, and “in sync” passed for wrong: the checker’s',
  ],
];
