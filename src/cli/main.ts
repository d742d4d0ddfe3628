import { setFlagsFromString } from 'node:v8';
import { runCommand } from 'citty';
import { SweepError } from '../errors.ts';
import { setLogLevel } from '../log.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { checkArguments } from './arguments.ts';
import { COMMANDS, NOT_BUILT_YET, resolved, type AnyCommand } from './command-list.ts';
import { didYouMean } from './did-you-mean.ts';
import { reportFailure } from './failure.ts';
import { commandHelp, mainHelp } from './help.ts';
import { flushOutput, print } from './output.ts';

/** Commands that run sweeps in their own process. */
const SWEEPING: ReadonlySet<string> = new Set(['run', 'nightly', 'worker', 'dev']);

/**
 * The command line: finds the command, checks its arguments, runs it, turns what it throws into a
 * message and an exit code (0 done, 1 failure, 2 bad input, 3 stopped with partial results). A
 * command that ends well but not fully sets `process.exitCode` itself.
 */
async function main(rawArgs: readonly string[]): Promise<void> {
  const [name, ...rest] = rawArgs;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    print(mainHelp(packageJson.version));
    return;
  }
  if (name === '--version' || name === '-v' || name === 'version') {
    print(packageJson.version);
    return;
  }
  const found = await findLeaf(await loadCommand(name), [name], rest);
  if (found.rest.some((text) => text === '--help' || text === '-h')) {
    print(await commandHelp(found.command, found.path));
    return;
  }
  if (found.command.subCommands !== undefined) await refuseWithoutSubcommand(found);
  checkArguments(found.rest, await resolved(found.command.args ?? {}));
  await setLogLevelOfEnvironment();
  await runCommand(found.command, { rawArgs: [...found.rest] });
}

interface Leaf {
  readonly command: AnyCommand;
  readonly path: readonly string[];
  readonly rest: readonly string[];
}

async function loadCommand(name: string): Promise<AnyCommand> {
  const entry = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (entry !== undefined) return entry.load();
  if (NOT_BUILT_YET.includes(name)) {
    throw new SweepError('NOT_YET', `ideasweep ${name} is not built yet`, {
      hint: 'see ideasweep --help for what there is',
    });
  }
  throw new SweepError('USAGE', `unknown command "${name}"`, {
    hint: didYouMean(name, Object.keys(COMMANDS)) ?? 'see ideasweep --help',
  });
}

/** Walks into `data import` and the like as far as the names go. */
async function findLeaf(
  command: AnyCommand,
  path: readonly string[],
  rest: readonly string[],
): Promise<Leaf> {
  const [next, ...others] = rest;
  if (command.subCommands === undefined || next === undefined || next.startsWith('-')) {
    return { command, path, rest };
  }
  const subCommands = await resolved(command.subCommands);
  if (!Object.hasOwn(subCommands, next)) {
    if (command.run !== undefined) return { command, path, rest };
    const names = Object.keys(subCommands);
    throw new SweepError('USAGE', `unknown command "${[...path, next].join(' ')}"`, {
      hint: didYouMean(next, names) ?? `${path.join(' ')} has: ${names.join(', ')}`,
    });
  }
  const child = (await resolved(subCommands[next] ?? {})) as AnyCommand;
  return findLeaf(child, [...path, next], others);
}

/** Loaded here, so that the help does not pay for checking the environment. */
async function setLogLevelOfEnvironment(): Promise<void> {
  const { loadConfig } = await import('../config.ts');
  setLogLevel(loadConfig().logLevel);
}

async function refuseWithoutSubcommand({ command, path }: Leaf): Promise<void> {
  if (command.run !== undefined) return;
  const names = Object.keys(await resolved(command.subCommands ?? {}));
  throw new SweepError('USAGE', `${path.join(' ')} needs one of: ${names.join(', ')}`, {
    hint: `ideasweep ${path.join(' ')} --help`,
  });
}

/**
 * A reader that leaves early (`| head`) is no failure of ours. The command goes on to its end all the
 * same: to leave here would leave the embedded Postgres running. What is wrong with stderr can be
 * told to nobody: an error thrown here would be written there, and be thrown again without end.
 */
function ignoreClosedPipes(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  process.stderr.on('error', () => undefined);
}

/** Ends the process when everything is written; native libraries may keep the loop alive. */
async function leave(): Promise<void> {
  await flushOutput();
  process.exit();
}

function fail(error: unknown): void {
  process.exitCode = reportFailure(error, rawArgs.includes('--json'));
}

const rawArgs = process.argv.slice(2);
// By default short-lived objects (rows on their way to Postgres) pile up to 134 MB before the engine
// looks; with 2 MB a sweep is as fast. Other commands start 3 to 8 % sooner without it, because Node's own
// modules are compiled anew where a flag of the engine is set.
if (SWEEPING.has(rawArgs[0] ?? '')) setFlagsFromString('--semi-space-growth-factor=1');
ignoreClosedPipes();
// An error that no await has met (a stray rejection, an event) is told like any other.
process.on('uncaughtException', (error) => {
  fail(error);
  void leave();
});
await main(rawArgs).catch(fail);
await leave();
