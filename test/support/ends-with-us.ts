/**
 * To be put before a program: the kernel kills it when this process ends, also where that is killed itself, as the
 * process of a test that hangs is.
 */
export const ENDS_WITH_US = ['setpriv', '--pdeathsig', 'KILL'] as const;
