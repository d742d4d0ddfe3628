/**
 * `npm test`: every tier, with real Postgres and the real Temporal server. Ends with the line
 * `N passed, N failed, N skipped`. Skipped tests are named; with IDEASWEEP_REQUIRE_SERVICES=1 (CI)
 * a skipped test of the postgres or temporal tier is a failure, because it proves nothing there,
 * unless it is only the real candles that the machine lacks.
 * Arguments go to vitest: `npm test -- --project unit`.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface AssertionResult {
  readonly status: 'passed' | 'failed' | 'skipped' | 'pending' | 'todo' | 'disabled';
  readonly fullName: string;
}

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numFailedTestSuites: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly AssertionResult[];
  }[];
}

/** The words of a suite that wants the candles beside the project, which not every machine has. */
const CANDLES_ABSENT = '../shared/data is absent';

const folder = mkdtempSync(join(tmpdir(), 'ideasweep-test-'));
process.exitCode = run(join(folder, 'report.json'), process.argv.slice(2));
rmSync(folder, { recursive: true });

// --- internal ---

function run(reportPath: string, args: readonly string[]): number {
  const vitest = spawnSync(
    process.execPath,
    [
      'node_modules/vitest/vitest.mjs',
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${reportPath}`,
      ...args,
    ],
    { stdio: 'inherit' },
  );
  const report = readReport(reportPath);
  if (!report) {
    process.stdout.write('vitest wrote no report\n0 passed, 1 failed\n');
    return 1;
  }
  return summarise(report, vitest.status ?? 1);
}

function summarise(report: Report, vitestStatus: number): number {
  const skipped = report.testResults.flatMap((file) =>
    file.assertionResults
      .filter((result) => result.status !== 'passed' && result.status !== 'failed')
      .map((result) => ({ file: file.name, name: result.fullName })),
  );
  for (const { file, name } of skipped) {
    process.stdout.write(`skipped: ${file.replace(`${process.cwd()}/`, '')} › ${name}\n`);
  }
  const mustRun =
    process.env['IDEASWEEP_REQUIRE_SERVICES'] === '1' ? skipped.filter(isService) : [];
  if (mustRun.length > 0) {
    process.stdout.write(
      `${mustRun.length} skipped tests need Postgres or Temporal: a failure here\n`,
    );
  }
  const brokenFiles = report.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.every((r) => r.status !== 'failed'),
  ).length;
  let failed = report.numFailedTests + brokenFiles + mustRun.length;
  if (failed === 0 && vitestStatus !== 0) failed = 1;
  process.stdout.write(
    `${report.numPassedTests} passed, ${failed} failed, ${skipped.length} skipped\n`,
  );
  return failed === 0 && report.numPassedTests > 0 ? 0 : 1;
}

function isService(test: { readonly file: string; readonly name: string }): boolean {
  return test.file.includes('/integration/') && !test.name.includes(CANDLES_ABSENT);
}

function readReport(path: string): Report | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Report;
  } catch {
    // No report means that vitest itself did not start; the caller says so and fails.
    return undefined;
  }
}
