export { createBatchActivities, type BatchActivities, type BatchDeps } from './batch.ts';
export { createControlActivities, type ControlActivities, type ControlDeps } from './control.ts';
