/**
 * The second thread of the planning process. The daemon holds the other end of stdin and never writes:
 * the end of stdin is the end of the daemon, even by SIGKILL, and even while the first thread is busy.
 */
import { Socket } from 'node:net';

const lifeline = new Socket({ fd: 0 });
lifeline.on('error', () => {});
lifeline.once('close', () => process.kill(process.pid, 'SIGKILL'));
lifeline.resume();
