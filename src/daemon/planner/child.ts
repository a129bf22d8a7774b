/** What the planning process runs. */
import { regionPass } from './region-pass.ts';
import { serve } from './serve.ts';

serve(regionPass);
