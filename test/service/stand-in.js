// Stands in for the daemon where only its talk with systemd is under test. It knows SIGHUP and SIGTERM;
// by its argument it ends at once with a code, hangs from SIGUSR1 on, or says from then on that it is unwell.
import { createServer } from 'node:net';
import { openNotify } from '../../dist/daemon/notify.js';

const [mode = ''] = process.argv.slice(2);
if (mode.startsWith('exit=')) process.exit(Number(mode.slice(5)));

const notify = openNotify(process.env, why => console.error(why));
let isWell = true;
process.on('SIGUSR1', () => {
  isWell = false;
  while (mode === 'hang');
});
process.on('SIGHUP', async () => {
  await notify.reloading();
  await notify.ready('read again');
});
process.on('SIGTERM', async () => {
  await notify.stopping();
  process.exit(0);
});
// Something to live for: neither signals nor pings keep a process.
createServer().listen(0, '127.0.0.1');
await notify.ready('stands in');
notify.watchdog(() => isWell);
