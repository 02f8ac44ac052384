// adapter.js - the package as an implementation for the conformance suite.
//
// It speaks as spec/adapter.md says, and goes through the package alone: a task
// of the suite is one of callbacks, which ends when it is told to, so that all
// happens at its own instant of a manual clock.
import { throwAway } from './operations.js';
import { serve } from './serve.js';

serve();
throwAway();
