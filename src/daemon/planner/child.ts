/** What the planning process runs. */
import { serve } from './serve.ts';

serve();
