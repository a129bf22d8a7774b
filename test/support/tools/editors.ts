import { spawn } from 'node:child_process';
import type { Tool } from './tool.ts';

/** Vim as it is, with the given settings; `bsk=` because it makes no backup files below /tmp otherwise. */
export function vim(name: string, settings: string): Tool {
  return {
    name,
    needs: ['/usr/bin/vim'],
    save: `vim -u NONE -i NONE -N -es -c '${settings}' -c '%d _' -c "0r $C" -c 'wq' "$P"`,
  };
}

/** Nano at a terminal of script(1): keys are sent when it has drawn its screen. */
export function nano(name: string): Tool {
  return {
    name,
    needs: ['/usr/bin/nano', '/usr/bin/script'],
    save: (place, contentFile) =>
      new Promise((resolve, reject) => {
        const child = spawn('script', ['-qec', `nano -I -L '${place.file}'`, '/dev/null'], {
          env: { ...process.env, TERM: 'xterm', LC_ALL: 'C' },
          stdio: ['pipe', 'pipe', 'ignore'],
        });
        let drawn = '';
        child.stdout.on('data', chunk => {
          if (drawn === 'sent') return;
          drawn += chunk;
          if (!drawn.includes('Help') && !drawn.includes('Exit')) return;
          drawn = 'sent';
          // To the first line, cut to the end, insert a file, write, leave.
          child.stdin.write(`\x1b\\\x1bt\x12${contentFile}\r\x0f\r\x18`);
        });
        child.on('error', reject);
        child.on('close', status => (status === 0 ? resolve() : reject(new Error(`nano: status ${status}`))));
      }),
  };
}
