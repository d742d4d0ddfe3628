/**
 * Postgres refuses to run as root. When this process is root, the server runs as another user of
 * the system, owns its data folder, and must be able to enter the folders on the way to it.
 */
import { chmod, readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { SweepError } from '../errors.ts';

export interface ServerOwner {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** In this order: a user made for it, and the one that every system has. */
const CANDIDATES = ['postgres', '_postgres', 'nobody'];

const OTHERS_MAY_ENTER = 0o001;
const ENTER_FOR_ALL = 0o011;

/**
 * The user to run the server as; undefined when this process is not root and it runs as ourselves.
 * An existing data folder keeps its owner.
 */
export async function serverOwner(dataDir: string): Promise<ServerOwner | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const users = parsePasswd(await readFile('/etc/passwd', 'utf8'));
  const existing = await stat(dataDir).catch(() => undefined);
  const owner =
    users.find((user) => existing && user.uid === existing.uid && user.uid !== 0) ??
    CANDIDATES.map((name) => users.find((user) => user.name === name)).find(Boolean);
  if (owner) return owner;
  throw new SweepError(
    'SERVICE_FAILED',
    'Postgres cannot run as root and no other user was found',
    {
      hint: `Create a user named postgres, or run ideasweep as a user other than root, or set DATABASE_URL.`,
    },
  );
}

/**
 * Makes sure that `owner` can enter `folder`. Folders from `home` down are ours and are opened
 * (mode o+x: entering, not listing); folders above are not touched.
 * @throws SweepError SERVICE_FAILED naming the first folder above `home` that keeps the owner out.
 */
export async function openPathFor(owner: ServerOwner, folder: string, home: string): Promise<void> {
  for (const path of ancestors(folder)) {
    const info = await stat(path);
    const canEnter = (info.mode & OTHERS_MAY_ENTER) !== 0 || info.uid === owner.uid;
    if (canEnter) continue;
    if (path !== home && !path.startsWith(`${home}/`)) throw closedFolder(path, owner, home);
    await chmod(path, (info.mode & 0o7777) | ENTER_FOR_ALL);
  }
}

/** True when `owner` can enter every folder on the way to `folder`. */
export async function canEnter(owner: ServerOwner, folder: string): Promise<boolean> {
  for (const path of ancestors(folder)) {
    const info = await stat(path);
    if ((info.mode & OTHERS_MAY_ENTER) === 0 && info.uid !== owner.uid) return false;
  }
  return true;
}

// --- internal ---

function parsePasswd(text: string): ServerOwner[] {
  return text.split('\n').flatMap((line) => {
    const [name, , uid, gid] = line.split(':');
    return name && uid && gid ? [{ name, uid: Number(uid), gid: Number(gid) }] : [];
  });
}

/** `/`, `/var`, `/var/lib` … down to the folder itself. */
function ancestors(folder: string): string[] {
  const parent = dirname(folder);
  return parent === folder ? [folder] : [...ancestors(parent), folder];
}

function closedFolder(path: string, owner: ServerOwner, home: string): SweepError {
  return new SweepError(
    'SERVICE_FAILED',
    `Postgres runs as the user ${owner.name}, which cannot enter ${path} on the way to ${home}`,
    {
      hint: `Set IDEASWEEP_HOME to a folder it can enter (root's default is /var/lib/ideasweep), or run chmod o+x ${path}.`,
      facts: { path, user: owner.name },
    },
  );
}
