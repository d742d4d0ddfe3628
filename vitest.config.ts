import { defineConfig } from 'vitest/config';

const tier = (name: string, include: string[], options: Record<string, unknown> = {}) => ({
  extends: true as const,
  test: { name, include, ...options },
});

const services = {
  globalSetup: ['test/support/global-postgres.ts'],
  testTimeout: 120_000,
  hookTimeout: 120_000,
};

export default defineConfig({
  test: {
    expect: { requireAssertions: true },
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    projects: [
      tier('unit', ['test/unit/**/*.test.ts']),
      tier('property', ['test/property/**/*.test.ts'], { testTimeout: 180_000 }),
      tier('golden', ['test/golden/**/*.test.ts']),
      tier('replay', ['test/replay/**/*.test.ts'], { testTimeout: 60_000 }),
      tier('simulation', ['test/simulation/**/*.test.ts'], { testTimeout: 120_000 }),
      tier('postgres', ['test/integration/postgres/**/*.test.ts'], services),
      tier('temporal', ['test/integration/temporal/**/*.test.ts'], {
        ...services,
        globalSetup: [...services.globalSetup, 'test/support/global-temporal.ts'],
        testTimeout: 300_000,
        hookTimeout: 300_000,
      }),
    ],
  },
});
