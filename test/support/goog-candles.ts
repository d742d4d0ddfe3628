import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

const PACKAGE = 'backtesting==0.6.6';

/** The daily GOOG candles that backtesting.py publishes its results on, or why they are not there. */
export function googCsv(): { readonly text: string } | { readonly reason: string } {
  const given = process.env['IDEASWEEP_GOOG_CSV'];
  const path = given ?? join(homedir(), '.cache', 'ideasweep', 'test', 'GOOG-0.6.6.csv');
  if (!existsSync(path) && given === undefined) download(path);
  if (existsSync(path)) return { text: readFileSync(path, 'utf8') };
  return {
    reason: `pip could not download ${PACKAGE}; set IDEASWEEP_GOOG_CSV to the package's test/GOOG.csv`,
  };
}

// --- internal ---

const DOWNLOAD_MS_MAX = 60_000;

/** Takes the file out of the package into the user's cache: it is not ours to keep in the repository. */
const SCRIPT = `
import glob, subprocess, sys, tempfile, zipfile
with tempfile.TemporaryDirectory() as folder:
    pip = [sys.executable, '-m', 'pip', 'download', '-q', '--no-deps', '-d', folder, sys.argv[1]]
    subprocess.run(pip, check=True, stdout=subprocess.DEVNULL)
    [wheel] = glob.glob(folder + '/*.whl')
    sys.stdout.write(zipfile.ZipFile(wheel).read('backtesting/test/GOOG.csv').decode())
`;

function download(path: string): void {
  const { stdout, status } = spawnSync('python3', ['-c', SCRIPT, PACKAGE], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: DOWNLOAD_MS_MAX,
  });
  if (status !== 0) return;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.${process.pid}`, stdout);
  renameSync(`${path}.${process.pid}`, path);
}
