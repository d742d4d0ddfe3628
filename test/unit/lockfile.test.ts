import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

interface LockedPackage {
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/**
 * `npm ci` refuses a lockfile that lacks the packages of other platforms, and `npm install` leaves
 * them out where a registry does not have them. Add the missing entries by hand: version, os, cpu.
 */
test('the lockfile names the optional packages of every platform', () => {
  const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
    packages: Record<string, LockedPackage>;
  };
  const missing = Object.entries(lock.packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter((name) => !isLocked(lock.packages, path, name)),
  );
  expect(missing).toEqual([]);
});

function isLocked(packages: Record<string, LockedPackage>, path: string, name: string): boolean {
  const parent = path === '' ? '' : `${path}/`;
  if (packages[`${parent}node_modules/${name}`]) return true;
  return (
    path !== '' && isLocked(packages, path.replace(/\/?node_modules\/(@[^/]+\/)?[^/]+$/, ''), name)
  );
}
