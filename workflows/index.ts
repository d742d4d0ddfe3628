export { nightlyWorkflow } from './nightly.ts';
export { sweepWorkflow } from './sweep.ts';
