# What `cmake --install` brings. Component `runtime`: the program, its completions and manual pages, the C library. Component
# `dev`: headers, archives, the CMake package, imagewarden.h and its pkg-config file.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/imagewarden)
set(include_dir ${CMAKE_INSTALL_INCLUDEDIR}/imagewarden)

install(TARGETS imagewarden COMPONENT runtime)

# Completions and manual pages come out of the program that is installed, so that they always fit it.
install(CODE "
  set(root \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}\")
  set(bash ${CMAKE_INSTALL_DATADIR}/bash-completion/completions/imagewarden)
  set(zsh ${CMAKE_INSTALL_DATADIR}/zsh/site-functions/_imagewarden)
  set(fish ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d/imagewarden.fish)
  foreach(shell bash zsh fish)
    cmake_path(GET \${shell} PARENT_PATH folder)
    file(MAKE_DIRECTORY \"\${root}/\${folder}\")
    execute_process(COMMAND $<TARGET_FILE:imagewarden> completion \${shell} --output \"\${root}/\${\${shell}}\"
      COMMAND_ERROR_IS_FATAL ANY)
    list(APPEND made \"\${root}/\${\${shell}}\")
  endforeach()
  file(MAKE_DIRECTORY \"\${root}/${CMAKE_INSTALL_MANDIR}/man1\")
  execute_process(COMMAND $<TARGET_FILE:imagewarden> man --output \"\${root}/${CMAKE_INSTALL_MANDIR}/man1\"
    COMMAND_ERROR_IS_FATAL ANY)
  # Whatever the umask of who installs.
  file(GLOB pages \"\${root}/${CMAKE_INSTALL_MANDIR}/man1/*.1\")
  file(CHMOD \${made} \${pages} PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
" COMPONENT runtime)
# A program that is linked without shared libraries comes without any.
if(IMAGEWARDEN_STATIC)
  return()
endif()

# The C library. Its version script, not the sources, decides what is exported: archives of C++ are linked into it.
add_library(imagewarden_c SHARED $<TARGET_OBJECTS:imagewarden_capi>)
target_link_libraries(imagewarden_c PRIVATE imagewarden_decide $<BUILD_INTERFACE:imagewarden_flags>)
set(version_script ${PROJECT_SOURCE_DIR}/engine/capi/imagewarden.map)
target_link_options(imagewarden_c PRIVATE -Wl,--version-script=${version_script})
set_target_properties(imagewarden_c PROPERTIES OUTPUT_NAME imagewarden EXPORT_NAME c LINKER_LANGUAGE CXX
  VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR} LINK_DEPENDS ${version_script})
install(TARGETS imagewarden_c EXPORT imagewarden
  LIBRARY COMPONENT runtime NAMELINK_COMPONENT dev
  INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES ${PROJECT_SOURCE_DIR}/engine/capi/imagewarden.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT dev)
cmake_path(SET pkgconfig_dir NORMALIZE /${CMAKE_INSTALL_LIBDIR}/pkgconfig)
cmake_path(RELATIVE_PATH pkgconfig_dir BASE_DIRECTORY / OUTPUT_VARIABLE pkgconfig_dir)
file(RELATIVE_PATH prefix_from_pc /${pkgconfig_dir} /)
string(REGEX REPLACE "/$" "" prefix_from_pc ${prefix_from_pc})
configure_file(${PROJECT_SOURCE_DIR}/scripts/imagewarden.pc.in ${PROJECT_BINARY_DIR}/generated/imagewarden.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/generated/imagewarden.pc DESTINATION ${pkgconfig_dir} COMPONENT dev)

# The C++ libraries: imagewarden::engine is all layers of the engine, ::audit the log, ::record the way from one to the other.
add_library(imagewarden_engine INTERFACE)
target_link_libraries(imagewarden_engine INTERFACE imagewarden_policy)
set(layers base condition ram inventory rules decide policy audit record)
foreach(layer engine ${layers})
  set_target_properties(imagewarden_${layer} PROPERTIES EXPORT_NAME ${layer})
  target_compile_features(imagewarden_${layer} INTERFACE cxx_std_20)
  install(TARGETS imagewarden_${layer} EXPORT imagewarden
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}/imagewarden COMPONENT dev
    INCLUDES DESTINATION ${include_dir})
endforeach()
# Intermediate code is of one compiler release, and whoever links an archive that has it optimises anew: it stays at home.
install(CODE "
  file(GLOB archives \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_LIBDIR}/imagewarden/libimagewarden_*.a\")
  foreach(archive IN LISTS archives)
    execute_process(COMMAND \"${CMAKE_OBJCOPY}\" --enable-deterministic-archives -R .gnu.lto_* -R .gnu.debuglto_*
      -N __gnu_lto_v1 \"\${archive}\" COMMAND_ERROR_IS_FATAL ANY)
  endforeach()
" COMPONENT dev)
# All headers but those that say that they are internal: includes read as they do in the sources.
install(DIRECTORY ${PROJECT_SOURCE_DIR}/engine ${PROJECT_SOURCE_DIR}/audit DESTINATION ${include_dir} COMPONENT dev
  FILES_MATCHING PATTERN *.h PATTERN *impl.h EXCLUDE PATTERN capi EXCLUDE)
install(FILES ${PROJECT_SOURCE_DIR}/report/record/decision_record.h DESTINATION ${include_dir}/report/record COMPONENT dev)

install(EXPORT imagewarden FILE imagewardenTargets.cmake NAMESPACE imagewarden:: DESTINATION ${package_dir} COMPONENT dev)
set(config ${PROJECT_BINARY_DIR}/generated/imagewardenConfig.cmake)
configure_package_config_file(${PROJECT_SOURCE_DIR}/scripts/imagewardenConfig.cmake.in ${config} INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/generated/imagewardenConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${config} ${PROJECT_BINARY_DIR}/generated/imagewardenConfigVersion.cmake DESTINATION ${package_dir} COMPONENT dev)
