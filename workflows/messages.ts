import { defineQuery, defineSignal } from '@temporalio/workflow';
import type { SweepProgress } from '../src/contracts.ts';

/** Nothing new is scheduled; batches that run, end. */
export const pauseSignal = defineSignal('pause');
export const resumeSignal = defineSignal('resume');
/** Batches that run, end, and then the workflow; the sweep can be resumed later. */
export const stopSignal = defineSignal('stop');
/** Batches in flight at the same time, from now on; clamped to 1 … BATCHES_IN_FLIGHT_MAX. */
export const concurrencySignal = defineSignal<[number]>('concurrency');
export const progressQuery = defineQuery<SweepProgress>('progress');
