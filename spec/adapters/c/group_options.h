/* group_options.h - the options of a group, out of a request. */
#ifndef PTG_ADAPTER_GROUP_OPTIONS_H
#define PTG_ADAPTER_GROUP_OPTIONS_H

#include "request.h"

/* Fills all but user_data. */
void group_options_read(struct request *request, ptg_group_options *options);

#endif
